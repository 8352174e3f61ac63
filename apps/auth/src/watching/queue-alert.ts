import type { IncidentMessage } from '@tollgate/contracts';
import type { Change } from '../changes/changes.js';
import { viewIncident } from './incident-rows.js';
import type { IncidentNews } from './raise-incident.js';

/** In the transaction of the incident: whoever is to be told of it will be. Nothing where alerts go nowhere. */
export async function queueAlert({ manager, act, now }: Change, { row, opened }: IncidentNews, id: string): Promise<void> {
  const message: IncidentMessage = {
    type: opened ? 'incident.opened' : 'incident.action_taken',
    timestamp: new Date(now).toISOString(),
    data: viewIncident(row),
  };
  await manager.query(
    `INSERT INTO auth.alerts (id, organisation_id, message, next_attempt_at)
     SELECT $1, hook.organisation_id, $3::jsonb, $4 FROM auth.alert_webhooks AS hook
     WHERE hook.organisation_id = $2 AND array_position($5::text[], $6) >= array_position($5::text[], hook.min_severity)`,
    [id, act.organisationId, JSON.stringify(message), new Date(now), ['low', 'medium', 'high', 'critical'], row.severity],
  );
}
