import type { PutWatchSettings, WatchSettings } from '@tollgate/contracts';
import type { Change } from '../changes/changes.js';
import { type AuditFields, differenceOf } from '../changes/difference-of.js';
import { assertUnchanged } from '../changes/precondition.js';
import { readSettingsRow, type SettingsRow, settingsOf } from './read-settings.js';

/** Nobody has said anything yet: revision 0. */
export const viewSettings = (row: SettingsRow | null): WatchSettings => ({
  ...settingsOf(row?.settings),
  updated_at: row?.updated_at.toISOString() ?? null,
  revision: row?.revision ?? 0,
});

/** What is the same as before leaves no trace. */
export async function putSettings(change: Change, settings: PutWatchSettings): Promise<WatchSettings> {
  const { manager, act, now } = change;
  const before = await readSettingsRow(manager, act.organisationId, true);
  assertUnchanged(act, { revision: before?.revision ?? 0 });
  const difference = differenceOf(fieldsOf(settingsOf(before?.settings)), fieldsOf(settings));
  if (difference === null) return viewSettings(before);
  const [row]: SettingsRow[] = await manager.query(
    `WITH written AS (
       INSERT INTO auth.watch_settings AS known (organisation_id, settings, updated_at) VALUES ($1, $2::jsonb, $3)
       ON CONFLICT (organisation_id) DO UPDATE SET settings = EXCLUDED.settings, updated_at = EXCLUDED.updated_at,
         revision = known.revision + 1
       RETURNING settings, updated_at, revision
     ) SELECT * FROM written`,
    [act.organisationId, JSON.stringify(settings), new Date(now)],
  );
  change.audit({ action: 'watching.changed', target: { type: 'watching', id: act.organisationId, name: null }, ...difference });
  // Each key carries what to do with tokens in the bodies of its calls.
  if (difference.after['exposure'] !== undefined) change.announceScope(null);
  return viewSettings(row ?? null);
}

const fieldsOf = ({ rules, ...rest }: PutWatchSettings): AuditFields => ({ ...rest, ...rules });
