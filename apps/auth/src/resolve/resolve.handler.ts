import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { SUBJECTS, type TokenResolveReply, TokenResolveRequestSchema } from '@tollgate/contracts';
import { ControlPool, STALE } from '../database/control-pool.js';
import { resolveToken } from './resolve-token.js';

@Controller()
export class ResolveHandler {
  constructor(@Inject(ControlPool) private readonly pool: ControlPool) {}

  @MessagePattern(SUBJECTS.tokenResolve)
  async resolve(@Payload() data: unknown): Promise<TokenResolveReply> {
    const { publicId } = TokenResolveRequestSchema.parse(data);
    const reply = await this.pool.run((client) => resolveToken(client, publicId));
    return reply === STALE ? { status: 'stale' } : reply;
  }
}
