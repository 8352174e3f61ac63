import { Body, Controller, Headers, HttpCode, Inject, Post } from '@nestjs/common';
import { type TokenResolveReply, TokenResolveRequestSchema } from '@tollgate/contracts';
import { type Clock, TollgateError } from '@tollgate/kernel';
import { CLOCK, OpenToAll } from '@tollgate/nest';
import { DIRECT_RESOLVE_PATH, ROUTER_SIGNATURE_HEADER, verifyRouterRequest } from '@tollgate/policy';
import { ControlPool } from '../database/control-pool.js';
import type { Mint } from '../tokens/create-token.js';
import { MINT } from '../tokens/mint-token.js';
import { answerResolve } from './answer-resolve.js';

/**
 * The same answer as on the bus, for routers that the bus does not reach. The table of the public origin does not name this
 * path, and whoever has no pepper learns nothing here: a router signs what it asks.
 */
@Controller()
export class ResolveController {
  constructor(
    @Inject(ControlPool) private readonly pool: ControlPool,
    @Inject(MINT) private readonly mint: Mint,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post(DIRECT_RESOLVE_PATH)
  @HttpCode(200)
  @OpenToAll('routers have no token: they sign each question with a key made from the pepper')
  async resolve(@Headers(ROUTER_SIGNATURE_HEADER) signature: unknown, @Body() body: unknown): Promise<TokenResolveReply> {
    const asked = TokenResolveRequestSchema.safeParse(body);
    if (!asked.success || !verifyRouterRequest(this.mint.peppers, asked.data.publicId, this.clock.now(), signature)) {
      throw new TollgateError('invalid_api_key', 'The question is not signed by a router of this gateway.');
    }
    return answerResolve(this.pool, asked.data.publicId);
  }
}
