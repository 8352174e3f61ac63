import { setTimeout as delay } from 'node:timers/promises';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { SUBJECTS, TokenResolveReplySchema, type TokenSnapshot } from '@tollgate/contracts';
import { type Clock, decodeJson, encodeJson, TollgateError } from '@tollgate/kernel';
import { type PepperSet, scopeAllows, tokenFromHeaders, tokenInQuery, verifyToken } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import type { FastifyRequest } from 'fastify';
import type { RequestWithCaller } from './caller.js';
import { MissLimiter } from './miss-limiter.js';
import { OPEN, PERMISSION } from './permission.js';
import { refuseUnasked } from './refuse-unasked.js';

const RESOLVE_TIMEOUT_MS = 2_000;
/**
 * Looking up a token that exists takes longer than finding none, in Postgres and on the way here: a refusal waits until both
 * are long over, so that its time tells nobody which ids exist.
 */
const REFUSAL_MS = 50;

export interface ManagementGuardSettings {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly peppers: PepperSet;
  /** First letters of tokens; `tg` where it is not given. */
  readonly brand?: string;
}

/**
 * The one guard of the management API, on every route of every service. Default deny: a method that declares nothing is
 * refused. The token is asked for at auth each time: what an administrator revokes is refused at the next request.
 */
export class ManagementGuard implements CanActivate {
  private readonly misses: MissLimiter;

  constructor(private readonly settings: ManagementGuardSettings) {
    this.misses = new MissLimiter(settings.clock);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const handler = context.getHandler();
    if (Reflect.getMetadata(OPEN, handler) !== undefined) return true;
    const permission: unknown = Reflect.getMetadata(PERMISSION, handler);
    if (typeof permission !== 'string') throw denied('This operation is not open to anybody.');
    const request = context.switchToHttp().getRequest<FastifyRequest & RequestWithCaller>();
    request.caller = await this.authenticate(request);
    if (!scopeAllows(request.caller.scopes, permission)) throw denied(`The token lacks the scope ${permission}.`);
    refuseUnasked(context, request);
    return true;
  }

  private async authenticate(request: FastifyRequest): Promise<NonNullable<RequestWithCaller['caller']>> {
    const parameter = tokenInQuery(request.url, this.settings.brand);
    if (parameter !== null) throw new TollgateError('token_in_query', 'A token does not belong in a URL: send it as a header.');
    const parsed = tokenFromHeaders(request.headers, this.settings.brand);
    if (!parsed.ok) throw unauthorized(parsed.error === 'missing' ? 'No token was sent.' : 'The token is not valid.');
    const token = parsed.value;
    if (token.type !== 'k' && token.type !== 'a') throw unauthorized('The token is not valid.');
    const { clock, peppers, logger } = this.settings;
    if (!this.misses.mayAsk(request.ip, token.publicId)) {
      throw new TollgateError('rate_limit_exceeded', 'Too many unknown tokens come from this address. Try again shortly.', {
        retryAfterMs: 1_000,
      });
    }
    const started = clock.monotonic();
    const verified = verifyToken(token, await this.resolve(token.publicId), peppers, clock.now());
    if (!verified.ok) {
      if (verified.error === 'unknown_token') this.misses.wasUnknown(request.ip);
      logger.info({ requestId: request.id, publicId: token.publicId, reason: verified.error }, 'management token refused');
      await delay(REFUSAL_MS - (clock.monotonic() - started));
      throw unauthorized('The token is not valid.');
    }
    this.misses.wasGood(token.publicId);
    const { tokenId, secretId, organisationId, token: snapshot } = verified.value;
    return {
      tokenId,
      publicId: token.publicId,
      secretId,
      organisationId,
      teamId: snapshot.teamId,
      scopes: snapshot.policy.scopes,
      policy: snapshot.policy,
      type: snapshot.type,
    };
  }

  private async resolve(publicId: string): Promise<TokenSnapshot | null> {
    const { transport } = this.settings;
    let answer: Uint8Array;
    try {
      answer = await transport.request(SUBJECTS.tokenResolve, encodeJson({ publicId }), { timeoutMs: RESOLVE_TIMEOUT_MS });
    } catch (cause) {
      throw unverifiable(cause);
    }
    const reply = TokenResolveReplySchema.parse(decodeJson(answer));
    if (reply.status === 'stale') throw unverifiable(null);
    return reply.status === 'found' ? reply.token : null;
  }
}

const unauthorized = (message: string): TollgateError => new TollgateError('invalid_api_key', message);
const denied = (message: string): TollgateError => new TollgateError('permission_denied', message);
const unverifiable = (cause: unknown): TollgateError =>
  new TollgateError('token_unverifiable', 'The token cannot be checked right now.', {
    retryAfterMs: 1_000,
    internalMessage: cause === null ? 'auth is stale' : 'auth did not answer',
    cause,
  });
