import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { SUBJECTS, type TokenResolveReply, TokenResolveRequestSchema } from '@tollgate/contracts';
import { ControlPool } from '../database/control-pool.js';
import { answerResolve } from './answer-resolve.js';

@Controller()
export class ResolveHandler {
  constructor(@Inject(ControlPool) private readonly pool: ControlPool) {}

  @MessagePattern(SUBJECTS.tokenResolve)
  async resolve(@Payload() data: unknown): Promise<TokenResolveReply> {
    return answerResolve(this.pool, TokenResolveRequestSchema.parse(data).publicId);
  }
}
