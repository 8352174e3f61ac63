import type { Rotation, RotationDelivery } from '@tollgate/contracts';
import type { EntityManager } from 'typeorm';

/** One row of auth.rotations. Of times: null = not, or not any more. */
export interface RotationRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly token_id: string;
  readonly secret_id: string;
  readonly cause: Rotation['cause'];
  readonly period: string;
  readonly delivery: RotationDelivery['kind'];
  /** null where the link was given to the caller of the API. */
  readonly url: string | null;
  /** bigint of Postgres. */
  readonly overlap_ms: string;
  readonly attempts_max: number;
  readonly state: Rotation['state'];
  readonly attempts: number;
  readonly next_attempt_at: Date | null;
  readonly last_problem: string | null;
  readonly kept: Buffer | null;
  readonly kept_link: Buffer | null;
  readonly deadline_at: Date;
  readonly created_at: Date;
  readonly finished_at: Date | null;
}

/** Locks the token before its rotation, as every change of its secrets does: null where there is no such rotation. */
export async function lockRotation(manager: EntityManager, id: string): Promise<RotationRow | null> {
  await manager.query('SELECT id FROM auth.tokens WHERE id = (SELECT token_id FROM auth.rotations WHERE id = $1) FOR UPDATE', [
    id,
  ]);
  const rows: RotationRow[] = await manager.query('SELECT * FROM auth.rotations WHERE id = $1 FOR UPDATE', [id]);
  return rows[0] ?? null;
}

/** The one that is under way; its token is locked. */
export async function pendingRotationOf(manager: EntityManager, tokenId: string): Promise<RotationRow | null> {
  const rows: RotationRow[] = await manager.query(
    "SELECT * FROM auth.rotations WHERE token_id = $1 AND state = 'pending' FOR UPDATE",
    [tokenId],
  );
  return rows[0] ?? null;
}

const textOrNull = (time: Date | null): string | null => time?.toISOString() ?? null;

export const viewRotation = (row: RotationRow): Rotation => ({
  id: row.id,
  token_id: row.token_id,
  secret_id: row.secret_id,
  cause: row.cause,
  period: row.period,
  delivery: row.delivery,
  state: row.state,
  attempts: row.attempts,
  next_attempt_at: row.state === 'pending' ? textOrNull(row.next_attempt_at) : null,
  last_problem: row.last_problem,
  deadline_at: row.deadline_at.toISOString(),
  created_at: row.created_at.toISOString(),
  finished_at: textOrNull(row.finished_at),
});
