import { SessionResolveReplySchema, SUBJECTS } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { CSRF_HEADER, csrfTokenMatches, digestSession, isSessionSecret } from '@tollgate/policy';
import type { FastifyRequest } from 'fastify';
import { askAuth, unverifiable } from './ask-auth.js';
import { assertSameOrigin, SAFE_METHODS } from './assert-same-origin.js';
import type { AuthenticateNeeds } from './authenticate-token.js';
import type { Principal } from './caller.js';

export interface SessionNeeds extends Pick<AuthenticateNeeds, 'transport' | 'peppers'> {
  /** Where browsers reach this gateway. */
  readonly publicUrl: string;
}

/** The person behind a cookie. What changes something needs both the right origin and the token of the session. */
export async function authenticateSession(request: FastifyRequest, secret: string, needs: SessionNeeds): Promise<Principal> {
  const { peppers, transport, publicUrl } = needs;
  if (!isSessionSecret(secret)) throw signedOut();
  if (!SAFE_METHODS.has(request.method)) assertCsrf(request, secret, needs, publicUrl);
  const digests = peppers.map((pepper) => digestSession(pepper, secret).toString('base64url'));
  const reply = SessionResolveReplySchema.parse(await askAuth(transport, SUBJECTS.sessionResolve, { digests }));
  if (reply.status === 'stale') throw unverifiable(null);
  if (reply.status === 'unknown') throw signedOut();
  const { id, userId, organisationId, operator, grants } = reply.session;
  return {
    actor: { type: 'user', id: userId, publicId: null, secretId: null },
    sessionId: id,
    organisationId,
    operator,
    grants,
    keyHolding: null,
  };
}

function assertCsrf(request: FastifyRequest, secret: string, { peppers }: SessionNeeds, publicUrl: string): void {
  assertSameOrigin(request, publicUrl);
  const given = request.headers[CSRF_HEADER];
  if (typeof given !== 'string' || !csrfTokenMatches(peppers, secret, given)) {
    throw new TollgateError('permission_denied', `With a session this needs its CSRF token in the header ${CSRF_HEADER}.`);
  }
}

const signedOut = (): TollgateError => new TollgateError('invalid_api_key', 'The session has ended: sign in again.');
