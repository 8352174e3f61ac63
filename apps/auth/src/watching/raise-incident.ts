import type { PutWatchSettings } from '@tollgate/contracts';
import type { Change } from '../changes/changes.js';
import type { Raised } from '../changes/raised.js';
import type { IncidentRow } from './incident-rows.js';
import { takeAction } from './take-action.js';

/** What is told of an incident that has just been opened, or that has just led to something. */
export interface IncidentNews {
  readonly row: IncidentRow;
  readonly organisationId: string;
  readonly opened: boolean;
}

const EVIDENCE_MAX = 10;

/** Opens an incident, or counts up the one that is open, and does what the organisation wants done. null where it wants none of it. */
export async function raiseIncident(
  change: Change,
  raised: Raised,
  { settings, id }: { readonly settings: PutWatchSettings; readonly id: string },
): Promise<IncidentNews | null> {
  const rule = settings.rules[raised.finding.rule];
  if (!rule.enabled) return null;
  const { row, opened } = await write(change, raised, id);
  if (opened) {
    const { reason, severity, public_id: publicId, secret_id: secretId } = row;
    change.audit({
      action: 'incident.opened',
      target: { type: 'incident', id: row.id, name: row.rule },
      before: null,
      after: { severity, reason, tokenId: row.token_id, publicId, secretId },
    });
  }
  const wanted = raised.finding.proven ? rule.action : 'alert';
  const acted = await takeAction(change, row, { wanted, slowDown: settings.slow_down });
  return opened || acted !== row ? { row: acted, organisationId: change.act.organisationId, opened } : null;
}

async function write(
  { manager, act, now }: Change,
  { finding, subject, key }: Raised,
  id: string,
): Promise<{ readonly row: IncidentRow; readonly opened: boolean }> {
  const seenAt = new Date(Math.min(finding.at, now));
  const rows: (IncidentRow & { readonly opened: boolean })[] = await manager.query(
    `WITH written AS (
       INSERT INTO auth.incidents AS known (id, organisation_id, rule, subject, severity, reason, token_id, token_name, public_id,
         secret_id, evidence, first_seen_at, last_seen_at, count, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::jsonb, $12, $12, $13, $14)
       ON CONFLICT (organisation_id, rule, subject) WHERE state <> 'resolved' DO UPDATE SET
         reason = EXCLUDED.reason, secret_id = COALESCE(EXCLUDED.secret_id, known.secret_id),
         severity = CASE WHEN array_position($15::text[], EXCLUDED.severity) > array_position($15::text[], known.severity)
           THEN EXCLUDED.severity ELSE known.severity END,
         evidence = jsonb_path_query_array(EXCLUDED.evidence || known.evidence, '$[0 to ${EVIDENCE_MAX - 1}]'),
         last_seen_at = GREATEST(known.last_seen_at, EXCLUDED.last_seen_at), count = known.count + EXCLUDED.count,
         updated_at = EXCLUDED.updated_at, revision = known.revision + 1
       RETURNING *
     ) SELECT written.*, written.id = $1 AS opened FROM written`,
    [
      id,
      act.organisationId,
      finding.rule,
      subject,
      finding.severity,
      finding.reason,
      key?.id ?? null,
      key?.name ?? null,
      key?.publicId ?? null,
      finding.secretId,
      JSON.stringify([{ ...finding.evidence, at: seenAt.toISOString() }]),
      seenAt,
      finding.count,
      new Date(now),
      ['low', 'medium', 'high', 'critical'],
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('an incident was not written');
  return { row, opened: row.opened };
}
