import { Inject, Injectable } from '@nestjs/common';
import type { Incident, ListIncidentsQuery, Page, PutWatchSettings, WatchSettings } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { pageOfRows, readCursor } from '../budgets/cursor.js';
import type { Act } from '../changes/act.js';
import { type Change, Changes } from '../changes/changes.js';
import { assertUnchanged } from '../changes/precondition.js';
import { findIncident, type IncidentRow, viewIncident } from './incident-rows.js';
import { putSettings, viewSettings } from './put-settings.js';
import { readSettingsRow } from './read-settings.js';
import { undoAction } from './undo-action.js';

/** The use cases of incidents and of what is watched, for one organisation: that of the act. */
@Injectable()
export class IncidentsService {
  constructor(@Inject(Changes) private readonly changes: Changes) {}

  list(act: Act, query: ListIncidentsQuery): Promise<Page<Incident>> {
    return this.changes.read(async (manager) => {
      const rows: IncidentRow[] = await manager.query(
        `SELECT * FROM auth.incidents
         WHERE organisation_id = $1 AND ($2::text IS NULL OR id < $2) AND ($4::text IS NULL OR state = $4)
           AND ($5::text IS NULL OR rule = $5) AND ($6::text IS NULL OR severity = $6) AND ($7::text IS NULL OR token_id = $7)
           AND ($8::text IS NULL OR public_id = $8) AND ($9::timestamptz IS NULL OR last_seen_at >= $9)
         ORDER BY id DESC LIMIT $3`,
        [
          act.organisationId,
          query.cursor === undefined ? null : readCursor(query.cursor, 'inc'),
          query.limit + 1,
          query.state ?? null,
          query.rule ?? null,
          query.severity ?? null,
          query.token_id ?? null,
          query.public_id ?? null,
          query.since === undefined ? null : new Date(query.since),
        ],
      );
      const page = pageOfRows(rows, query.limit);
      return { ...page, data: page.data.map(viewIncident) };
    });
  }

  get(act: Act, id: string): Promise<Incident> {
    return this.changes.read(async (manager) => viewIncident(await findIncident(manager, act, id, false)));
  }

  acknowledge(act: Act, id: string): Promise<Incident> {
    return this.changes.make(act, async (change) => {
      const row = await lock(change, id);
      if (row.state === 'resolved') throw new TollgateError('conflict', 'The incident is closed already.');
      if (row.state === 'acknowledged') return viewIncident(row);
      return setState(change, row, 'acknowledged', 'incident.acknowledged');
    });
  }

  resolve(act: Act, id: string): Promise<Incident> {
    return this.changes.make(act, async (change) => {
      const row = await lock(change, id);
      return row.state === 'resolved' ? viewIncident(row) : setState(change, row, 'resolved', 'incident.resolved');
    });
  }

  restore(act: Act, id: string): Promise<Incident> {
    return this.changes.make(act, async (change) => {
      const row = await lock(change, id);
      if (row.action_state !== 'in_force') {
        throw new TollgateError('conflict', 'The incident holds nothing down: there is nothing to restore.');
      }
      await undoAction(change, row);
      return setState(change, row, 'resolved', 'incident.restored');
    });
  }

  readSettings(act: Act): Promise<WatchSettings> {
    return this.changes.read(async (manager) => viewSettings(await readSettingsRow(manager, act.organisationId)));
  }

  putSettings(act: Act, settings: PutWatchSettings): Promise<WatchSettings> {
    return this.changes.run(act, (change) => putSettings(change, settings));
  }
}

async function lock(change: Change, id: string): Promise<IncidentRow> {
  const row = await findIncident(change.manager, change.act, id, true);
  assertUnchanged(change.act, row);
  return row;
}

async function setState(
  { manager, act, now, audit }: Change,
  before: IncidentRow,
  state: 'acknowledged' | 'resolved',
  action: string,
): Promise<Incident> {
  const [rows]: [IncidentRow[], number] = await manager.query(
    `UPDATE auth.incidents SET state = $2, updated_at = $3, revision = revision + 1,
       action_state = CASE WHEN $5 THEN 'undone' ELSE action_state END,
       acknowledged_by = CASE WHEN $2 = 'acknowledged' THEN $4 ELSE acknowledged_by END,
       acknowledged_at = CASE WHEN $2 = 'acknowledged' THEN $3::timestamptz ELSE acknowledged_at END,
       resolved_by = CASE WHEN $2 = 'resolved' THEN $4 ELSE resolved_by END,
       resolved_at = CASE WHEN $2 = 'resolved' THEN $3::timestamptz ELSE resolved_at END
     WHERE id = $1 RETURNING *`,
    [before.id, state, new Date(now), act.actor.id, action === 'incident.restored'],
  );
  const row = rows[0] as IncidentRow;
  const facts = (one: IncidentRow) => ({ state: one.state, action: one.action, actionState: one.action_state });
  audit({
    action,
    target: { type: 'incident', id: row.id, name: row.rule },
    before: facts(before),
    after: { ...facts(row), tokenId: row.token_id },
  });
  return viewIncident(row);
}
