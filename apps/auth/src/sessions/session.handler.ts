import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type SessionResolveReply, SessionResolveRequestSchema, SUBJECTS } from '@tollgate/contracts';
import type { Clock } from '@tollgate/kernel';
import { CLOCK } from '@tollgate/nest';
import { ControlPool, STALE } from '../database/control-pool.js';
import { resolveSession } from './session-rows.js';

@Controller()
export class SessionHandler {
  constructor(
    @Inject(ControlPool) private readonly pool: ControlPool,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @MessagePattern(SUBJECTS.sessionResolve)
  async resolve(@Payload() data: unknown): Promise<SessionResolveReply> {
    const { digests } = SessionResolveRequestSchema.parse(data);
    const bytes = digests.map((digest) => Buffer.from(digest, 'base64url'));
    const session = await this.pool.run((client) => resolveSession(client, bytes, this.clock.now()));
    if (session === STALE) return { status: 'stale' };
    return session === null ? { status: 'unknown' } : { status: 'found', session };
  }
}
