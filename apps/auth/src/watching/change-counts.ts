import type { Finding } from '@tollgate/policy';
import type { Change } from '../changes/changes.js';

interface Counted<T> {
  readonly kind: 'refusals' | 'garbage';
  readonly subject: string;
  /** Where nothing has been counted yet. */
  readonly empty: T;
}

/** Counts on under the lock of the row: several routers report at once, to several replicas. */
export async function changeCounts<T>(
  { manager, act, now }: Change,
  { kind, subject, empty }: Counted<T>,
  count: (before: T) => { readonly counts: T; readonly findings: readonly Finding[] },
): Promise<readonly Finding[]> {
  const name = [act.organisationId, kind, subject];
  await manager.query(
    `INSERT INTO auth.watch_counts (organisation_id, kind, subject, counts, updated_at) VALUES ($1, $2, $3, $4::jsonb, $5)
     ON CONFLICT DO NOTHING`,
    [...name, JSON.stringify(empty), new Date(now)],
  );
  const [row]: { counts: T }[] = await manager.query(
    'SELECT counts FROM auth.watch_counts WHERE organisation_id = $1 AND kind = $2 AND subject = $3 FOR UPDATE',
    name,
  );
  const { counts, findings } = count(row?.counts ?? empty);
  await manager.query(
    'UPDATE auth.watch_counts SET counts = $4::jsonb, updated_at = $5 WHERE organisation_id = $1 AND kind = $2 AND subject = $3',
    [...name, JSON.stringify(counts), new Date(now)],
  );
  return findings;
}
