import type { Evidence, Incident, Severity, WatchAction, WatchRule } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import type { EntityManager } from 'typeorm';
import type { Act } from '../changes/act.js';

/** A row of auth.incidents, as the driver gives it. */
export interface IncidentRow {
  readonly id: string;
  readonly rule: WatchRule;
  readonly subject: string;
  readonly severity: Severity;
  readonly reason: string;
  readonly token_id: string | null;
  readonly token_name: string | null;
  readonly public_id: string | null;
  readonly secret_id: string | null;
  readonly evidence: Evidence[];
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
  readonly count: string;
  readonly state: Incident['state'];
  readonly action: WatchAction;
  readonly action_state: Incident['action']['state'];
  readonly action_until: Date | null;
  readonly acknowledged_by: string | null;
  readonly acknowledged_at: Date | null;
  readonly resolved_by: string | null;
  readonly resolved_at: Date | null;
  readonly updated_at: Date;
  readonly revision: number;
}

/** Locked until the transaction ends where `lock` says so. One of another organisation is not found. */
export async function findIncident(
  manager: EntityManager,
  { organisationId }: Pick<Act, 'organisationId'>,
  id: string,
  lock: boolean,
): Promise<IncidentRow> {
  const rows: IncidentRow[] = await manager.query(
    `SELECT * FROM auth.incidents WHERE id = $1 AND organisation_id = $2${lock ? ' FOR UPDATE' : ''}`,
    [id, organisationId],
  );
  const [row] = rows;
  if (row === undefined) throw new TollgateError('not_found', 'There is no such incident.');
  return row;
}

export const viewIncident = (row: IncidentRow): Incident => ({
  id: row.id,
  rule: row.rule,
  severity: row.severity,
  reason: row.reason,
  token_id: row.token_id,
  token_name: row.token_name,
  public_id: row.public_id,
  secret_id: row.secret_id,
  evidence: row.evidence,
  first_seen_at: row.first_seen_at.toISOString(),
  last_seen_at: row.last_seen_at.toISOString(),
  count: Number(row.count),
  state: row.state,
  action: { kind: row.action, state: row.action_state, until: textOrNull(row.action_until) },
  acknowledged_by: row.acknowledged_by,
  acknowledged_at: textOrNull(row.acknowledged_at),
  resolved_by: row.resolved_by,
  resolved_at: textOrNull(row.resolved_at),
  updated_at: row.updated_at.toISOString(),
  revision: row.revision,
});

const textOrNull = (time: Date | null): string | null => time?.toISOString() ?? null;
