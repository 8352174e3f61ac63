import { createHash } from 'node:crypto';
import { SECRET_LINK_LIFETIME_MS } from '@tollgate/contracts';
import { newId } from '@tollgate/kernel';
import { keepSecret, planPending } from '@tollgate/policy';
import type { Change } from '../changes/changes.js';
import type { TokenRow } from '../database/entities.js';
import type { Mint } from '../tokens/create-token.js';
import { stepsOf } from './refuse-rotation.js';
import type { RotationRow } from './rotation-rows.js';
import { addSecret, applySteps, livesOf, touchToken } from './secrets-of-token.js';

export interface RotationOrder {
  readonly cause: RotationRow['cause'];
  /** One rotation of a token and period, however often it is ordered. */
  readonly period: string;
  readonly delivery: RotationRow['delivery'];
  /** null = the link goes into the answer of the API. */
  readonly url: string | null;
  readonly overlapMs: number;
  readonly attemptsMax: number;
}

export interface PreparedRotation {
  readonly row: RotationRow;
  /** Of a one-time link. */
  readonly link: string | null;
}

/** SHA-256 is enough for 256 random bits. */
export const digestLink = (link: string): Buffer => createHash('sha256').update(link).digest();

/**
 * Makes a secret that is refused until somebody has acknowledged it; the token is locked. Its text is kept sealed until it
 * has been fetched, or the rotation is over. Throws where a third secret would come to live; null where the period has had its
 * rotation.
 */
export async function prepareRotation(
  change: Change,
  mint: Mint,
  token: TokenRow,
  order: RotationOrder,
): Promise<PreparedRotation | null> {
  const { manager, now, act } = change;
  if (
    (await manager.query('SELECT 1 FROM auth.rotations WHERE token_id = $1 AND period = $2', [token.id, order.period])).length > 0
  )
    return null;
  await applySteps(change, stepsOf(planPending(await livesOf(manager, token.id), now)));
  const secret = await addSecret(change, mint, token, 'pending');
  const id = newId('rot', now, mint.randomBytes);
  const link = order.delivery === 'one_time_link' ? Buffer.from(mint.randomBytes(32)).toString('base64url') : null;
  const rows: RotationRow[] = await manager.query(
    `INSERT INTO auth.rotations (id, organisation_id, token_id, secret_id, cause, period, delivery, url, overlap_ms, attempts_max,
       state, next_attempt_at, kept, kept_link, link_digest, deadline_at, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pending', $11, $12, $13, $14, $15, $16) RETURNING *`,
    [
      ...[id, act.organisationId, token.id, secret.id, order.cause, order.period, order.delivery, order.url],
      ...[order.overlapMs, order.attemptsMax, order.url === null ? null : new Date(now)],
      keepSecret(mint.peppers, secret.text, id),
      link === null || order.url === null ? null : keepSecret(mint.peppers, link, `${id}:link`),
      link === null ? null : digestLink(link),
      ...[new Date(now + SECRET_LINK_LIFETIME_MS), new Date(now)],
    ],
  );
  await touchToken(change, token);
  const { cause, period, delivery } = order;
  change.audit({
    action: 'token.rotation_started',
    target: { type: 'token', id: token.id, name: token.name },
    before: null,
    after: { rotationId: id, secretId: secret.id, cause, period, delivery },
  });
  return { row: rows[0] as RotationRow, link };
}
