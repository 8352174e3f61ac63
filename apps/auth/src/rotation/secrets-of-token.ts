import { newId } from '@tollgate/kernel';
import { DEFAULT_BRAND, digestToken, generateToken, type SecretLife, type SecretState, type SecretStep } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';
import type { Change } from '../changes/changes.js';
import type { TokenRow } from '../database/entities.js';
import type { Mint } from '../tokens/create-token.js';

interface LifeRow {
  readonly id: string;
  readonly state: SecretState;
  readonly expires_at: Date | null;
}

/** Of a token whose row is locked: nobody else changes them until the transaction ends. Oldest first, without the revoked ones. */
export async function livesOf(manager: EntityManager, tokenId: string): Promise<readonly SecretLife[]> {
  const rows: LifeRow[] = await manager.query(
    "SELECT id, state, expires_at FROM auth.token_secrets WHERE token_id = $1 AND state <> 'revoked' ORDER BY id",
    [tokenId],
  );
  return rows.map(({ id, state, expires_at }) => ({ id, state, expiresAt: expires_at?.getTime() ?? null }));
}

/** Writes what the secrets become. The revoked ones come first: at any moment one is active at most. */
export async function applySteps({ manager, now }: Change, steps: readonly SecretStep[]): Promise<void> {
  const order: readonly SecretState[] = ['revoked', 'grace', 'active'];
  for (const { id, state, expiresAt } of [...steps].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))) {
    await manager.query(
      `UPDATE auth.token_secrets SET state = $2, expires_at = COALESCE($3, expires_at),
         revoked_at = CASE WHEN $2 = 'revoked' THEN $4::timestamptz END,
         activated_at = CASE WHEN $2 = 'active' THEN $4::timestamptz ELSE activated_at END
       WHERE id = $1`,
      [id, state, expiresAt === null ? null : new Date(expiresAt), new Date(now)],
    );
  }
}

export interface NewSecret {
  readonly id: string;
  /** Shown or sent once. */
  readonly text: string;
}

/** A further secret of the token, under the same public id. */
export async function addSecret(change: Change, mint: Mint, row: TokenRow, state: 'active' | 'pending'): Promise<NewSecret> {
  const { manager, now } = change;
  const { randomBytes, brand = DEFAULT_BRAND } = mint;
  const { type, environment, publicId } = row;
  const { text } = generateToken({ type, environment, publicId, randomBytes, brand });
  const [pepper] = mint.peppers;
  const id = newId('sec', now, randomBytes);
  await manager.query(
    `INSERT INTO auth.token_secrets (id, token_id, digest, pepper_version, state, created_at, activated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [id, row.id, digestToken(pepper.key, text), pepper.version, state, new Date(now), state === 'active' ? new Date(now) : null],
  );
  return { id, text };
}

/** The token itself has changed with its secrets: its revision says so to whoever holds an ETag. */
export async function touchToken({ manager, now }: Change, row: TokenRow): Promise<void> {
  await manager.query('UPDATE auth.tokens SET revision = revision + 1, updated_at = $2 WHERE id = $1', [row.id, new Date(now)]);
}

/** Tells the routers: what has ended is refused at once, even where auth cannot be asked; the rest they look up. */
export function announceSecrets(change: Change, { publicId }: TokenRow, steps: readonly SecretStep[]): void {
  const ended = steps.filter(({ state }) => state === 'revoked');
  for (const { id } of ended) change.announce(publicId, 'changed', { secretId: id });
  if (ended.length === 0) change.announce(publicId, 'changed');
}
