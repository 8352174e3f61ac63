import { endGraces } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';
import type { Change } from '../changes/changes.js';
import { findToken } from '../tokens/find-token.js';
import type { Due } from './due.js';
import { applySteps, livesOf } from './secrets-of-token.js';

/** Tokens with a secret whose grace is over. */
export const graceEnds = (manager: EntityManager, now: Date): Promise<readonly Due[]> =>
  manager.query(
    `SELECT DISTINCT token.id, token.organisation_id FROM auth.token_secrets AS secret
     JOIN auth.tokens AS token ON token.id = secret.token_id
     WHERE secret.state = 'grace' AND secret.expires_at <= $1 LIMIT 100`,
    [now],
  );

/** Writes down what has been so since the deadline; no router needs to be told. */
export async function sweepGraces(change: Change, tokenId: string): Promise<void> {
  const { manager, act, now } = change;
  const row = await findToken(manager, act.organisationId, tokenId, true);
  const secrets = await livesOf(manager, tokenId);
  const steps = endGraces(secrets, now);
  await applySteps(change, steps);
  for (const { id } of steps) {
    const endedAt = secrets.find((secret) => secret.id === id)?.expiresAt ?? now;
    change.audit({
      action: 'token.secret_expired',
      target: { type: 'token', id: tokenId, name: row.name },
      before: { secretId: id, state: 'grace' },
      after: { state: 'revoked', endedAt: new Date(endedAt).toISOString() },
    });
  }
}
