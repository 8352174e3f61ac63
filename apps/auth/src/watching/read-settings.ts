import { type PutWatchSettings, PutWatchSettingsSchema } from '@tollgate/contracts';
import type { EntityManager } from 'typeorm';

/** What is watched where nobody has said anything. */
export const DEFAULT_WATCH_SETTINGS: PutWatchSettings = PutWatchSettingsSchema.parse({});

/** As it is stored; a rule that is newer than that is as its default. */
export const settingsOf = (stored: unknown): PutWatchSettings =>
  stored === null || stored === undefined ? DEFAULT_WATCH_SETTINGS : PutWatchSettingsSchema.parse(stored);

export interface SettingsRow {
  readonly settings: unknown;
  readonly updated_at: Date;
  readonly revision: number;
}

export async function readSettingsRow(manager: EntityManager, organisationId: string, lock = false): Promise<SettingsRow | null> {
  const rows: SettingsRow[] = await manager.query(
    `SELECT settings, updated_at, revision FROM auth.watch_settings WHERE organisation_id = $1${lock ? ' FOR UPDATE' : ''}`,
    [organisationId],
  );
  return rows[0] ?? null;
}

export const readSettings = async (manager: EntityManager, organisationId: string): Promise<PutWatchSettings> =>
  settingsOf((await readSettingsRow(manager, organisationId))?.settings);
