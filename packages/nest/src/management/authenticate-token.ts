import { setTimeout as delay } from 'node:timers/promises';
import { SUBJECTS, TokenResolveReplySchema, type TokenSnapshot } from '@tollgate/contracts';
import { type Clock, TollgateError } from '@tollgate/kernel';
import { type ParsedToken, type PepperSet, PreparedAccess, verifyToken } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../caller-marks.js';
import { Sightings } from '../sightings.js';
import { TokenUses } from '../token-uses.js';
import { askAuth, unverifiable } from './ask-auth.js';
import type { Principal, RequestWithCaller } from './caller.js';
import { MissLimiter } from './miss-limiter.js';

/**
 * Looking up a token that exists takes longer than finding none, in Postgres and on the way here: a refusal waits until both
 * are long over, so that its time tells nobody which ids exist.
 */
const REFUSAL_MS = 50;

export interface AuthenticateNeeds {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly peppers: PepperSet;
}

/** Asked for at auth each time: what an administrator revokes is refused at the next request. */
export class TokenAuthenticator {
  private readonly misses: MissLimiter;
  private readonly uses: TokenUses;
  readonly sightings: Sightings;

  constructor(private readonly needs: AuthenticateNeeds) {
    this.misses = new MissLimiter(needs.clock);
    this.uses = new TokenUses(needs);
    this.sightings = new Sightings(needs);
  }

  async authenticate(request: FastifyRequest & RequestWithCaller, token: ParsedToken): Promise<Principal> {
    if (token.type !== 'k' && token.type !== 'a') throw refused();
    const { clock, peppers, logger } = this.needs;
    if (!this.misses.mayAsk(request.ip, token.publicId)) {
      throw new TollgateError('rate_limit_exceeded', 'Too many unknown tokens come from this address. Try again shortly.', {
        retryAfterMs: 1_000,
      });
    }
    const started = clock.monotonic();
    const known = await this.resolve(token.publicId);
    const verified = verifyToken(token, known, peppers, clock.now());
    if (!verified.ok) {
      if (verified.error === 'unknown_token') this.misses.wasUnknown(request.ip);
      if (known !== null) {
        const { id: tokenId, publicId, organisationId } = known;
        request.refusedKey = { tokenId, publicId, organisationId, reason: verified.error };
      }
      logger.info({ requestId: request.id, publicId: token.publicId, reason: verified.error }, 'management token refused');
      this.sightRefusal(request, token, verified.error, null);
      await delay(REFUSAL_MS - (clock.monotonic() - started));
      throw refused();
    }
    this.misses.wasGood(token.publicId);
    const { tokenId, secretId, organisationId, token: snapshot } = verified.value;
    try {
      assertAccess(snapshot, request, clock.now());
    } catch (error) {
      if (error instanceof TollgateError) {
        request.refusedKey = { tokenId, publicId: token.publicId, organisationId, secretId, reason: error.code };
        this.sightRefusal(request, token, error.code, secretId);
      }
      throw error;
    }
    // Not before: whoever may not use it from there must not keep it from ending unused.
    this.uses.note(verified.value, token.text, callerOf(request), clock.now());
    return {
      actor: { type: 'token', id: tokenId, publicId: token.publicId, secretId },
      sessionId: null,
      organisationId,
      operator: snapshot.operator === true,
      // A key of a team is one for that team's things.
      grants: [{ teamId: snapshot.teamId, permissions: snapshot.policy.scopes }],
      keyHolding: { policy: snapshot.policy, parents: snapshot.parents ?? [], expiresAt: snapshot.expiresAt },
    };
  }

  sightRefusal(request: FastifyRequest & RequestWithCaller, token: ParsedToken, reason: string, secretId: string | null): void {
    this.sightings.refused(token, { reason, secretId, permission: request.permission ?? '' }, callerOf(request));
  }

  private async resolve(publicId: string): Promise<TokenSnapshot | null> {
    const reply = TokenResolveReplySchema.parse(await askAuth(this.needs.transport, SUBJECTS.tokenResolve, { publicId }));
    if (reply.status === 'stale') throw unverifiable(null);
    return reply.status === 'found' ? reply.token : null;
  }
}

export const callerOf = (request: FastifyRequest): Caller => ({ address: request.ip, userAgent: request.headers['user-agent'] });

/** Where and when the key may be used, and what its parents may do; its own scopes are looked at with the teams that they hold for. */
function assertAccess({ policy, parents }: TokenSnapshot, request: FastifyRequest & RequestWithCaller, now: number): void {
  const { permission } = request;
  if (permission === undefined) return;
  switch (new PreparedAccess(policy, parents).refusal(permission, request.ip, now)) {
    case 'address_not_allowed':
      throw new TollgateError('address_not_allowed', 'This token may not be used from this address.');
    case 'outside_time_window':
      throw new TollgateError('outside_time_window', 'This token may not be used at this time.');
    case 'scope_missing':
      throw new TollgateError('permission_denied', `The token lacks the scope ${permission}.`);
    default:
  }
}

const refused = (): TollgateError => new TollgateError('invalid_api_key', 'The token is not valid.');
