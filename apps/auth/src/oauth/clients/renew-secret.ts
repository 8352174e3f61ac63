import { TollgateError } from '@tollgate/kernel';
import { In } from 'typeorm';
import type { Change } from '../../changes/changes.js';
import { TokenEntity, TokenSecretEntity, type TokenSecretRow } from '../../database/entities.js';
import { assertInReach } from '../../tokens/assert-within.js';
import type { Mint } from '../../tokens/create-token.js';
import { findClient } from './change-client.js';
import type { MadeClient } from './create-client.js';
import { newSecret } from './make-key.js';

/** A new secret beside the newest old one, which ends after the overlap; elder ones end now. */
export async function renewSecret(change: Change, mint: Mint, id: string, overlapMs: number): Promise<MadeClient> {
  const { manager, act, now } = change;
  const client = await findClient(change, id);
  assertInReach(client.token, act.held);
  if (!client.authMethod.startsWith('client_secret')) throw new TollgateError('conflict', 'This client has no secret.');
  if (client.token.status === 'revoked') throw new TollgateError('conflict', 'A revoked client stays as it is: make a new one.');
  const time = new Date(now);
  const usable = client.secrets.filter((secret) => isUsable(secret, now));
  const newest = overlapMs > 0 ? usable.at(-1) : undefined;
  const ended = usable.filter((secret) => secret !== newest).map((secret) => secret.id);
  if (ended.length > 0) await manager.update(TokenSecretEntity, { id: In(ended) }, { state: 'revoked', revokedAt: time });
  if (newest !== undefined) {
    const end = Math.min(now + overlapMs, newest.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY);
    await manager.update(TokenSecretEntity, { id: newest.id }, { state: 'grace', expiresAt: new Date(end) });
  }
  const made = newSecret(now, mint, client.token);
  await manager.insert(TokenSecretEntity, made.row);
  const token = { ...client.token, updatedAt: time, revision: client.token.revision + 1 };
  await manager.update(TokenEntity, { id: token.id }, { updatedAt: token.updatedAt, revision: token.revision });
  change.audit({
    action: 'oauth_client.secret_renewed',
    target: { type: 'oauth_client', id, name: token.name },
    before: { secretIds: usable.map((secret) => secret.id) },
    after: { secretId: made.row.id, graceOf: newest?.id ?? null, overlapSeconds: overlapMs / 1_000 },
  });
  const secrets = await manager.find(TokenSecretEntity, { where: { tokenId: token.id }, order: { id: 'ASC' } });
  return { client: { ...client, token, secrets }, secret: made.text };
}

export const isUsable = ({ state, expiresAt }: Pick<TokenSecretRow, 'state' | 'expiresAt'>, now: number): boolean =>
  (state === 'active' || state === 'grace') && (expiresAt === null || expiresAt.getTime() > now);
