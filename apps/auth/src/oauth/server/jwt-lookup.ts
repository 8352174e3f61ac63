import { DATA_PLANE_RESOURCE_PATH } from '@tollgate/contracts';
import { type AccessToken, prepareJwtKeys, verifyAccessToken } from '@tollgate/policy';
import { errors } from 'oidc-provider';
import type { EntityManager } from 'typeorm';
import { type ControlPool, STALE } from '../../database/control-pool.js';
import { resolveToken } from '../../resolve/resolve-token.js';
import type { StoredKey } from '../keys/signing-keys.js';
import type { Payload } from '../store/artefacts.js';

/**
 * The library keeps no JWT and refuses to look one up or revoke it. In front of it the text gets this mark, which makes it an
 * id like others; here it is checked as a router would, and becomes the record that the library asks for.
 */
export const JWT_MARK = 'jwt:';

export interface JwtSources {
  readonly manager: EntityManager;
  readonly pool: ControlPool;
}

type Model = 'AccessToken' | 'ClientCredentials';

/** undefined where it is not a live token of ours, or not of that model. */
export async function findJwt(
  sources: JwtSources,
  keys: readonly StoredKey[],
  { issuer, model, id, now }: { readonly issuer: string; readonly model: Model; readonly id: string; readonly now: number },
): Promise<Payload | undefined> {
  if (!id.startsWith(JWT_MARK)) return undefined;
  const text = id.slice(JWT_MARK.length);
  const audience = issuer + DATA_PLANE_RESOURCE_PATH;
  const prepared = prepareJwtKeys({ issuer, audiences: [audience], keys: keys.map((key) => key.public) });
  const verdict = verifyAccessToken(text, prepared, now);
  if (!verdict.ok) return undefined;
  const token = verdict.value;
  const { sub, iat } = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
  const ofClient = sub === token.clientId;
  if (ofClient !== (model === 'ClientCredentials') || !(await isLive(sources, token, now))) return undefined;
  return {
    kind: model,
    jti: token.jti,
    iat,
    exp: token.expiresAt / 1_000,
    clientId: token.clientId,
    aud: audience,
    ...(token.scopes.length === 0 ? {} : { scope: token.scopes.join(' ') }),
    ...(ofClient ? {} : { accountId: sub }),
    extra: { tg_key: token.publicId, org: token.organisationId },
  };
}

/** Asked as a router asks: parents, owner, team and organisation count in. */
async function isLive({ pool, manager }: JwtSources, { jti, publicId }: AccessToken, now: number): Promise<boolean> {
  const denied: unknown[] = await manager.query('SELECT 1 FROM auth.oauth_denied_jwts WHERE jti = $1', [jti]);
  if (denied.length > 0) return false;
  const reply = await pool.run((client) => resolveToken(client, publicId));
  if (reply === STALE) throw new errors.TemporarilyUnavailable('the token cannot be checked right now');
  if (reply.status !== 'found' || reply.token.status !== 'active') return false;
  return reply.token.expiresAt === null || reply.token.expiresAt > now;
}
