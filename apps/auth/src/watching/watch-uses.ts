import { HONEY_TAG, type TokenUse } from '@tollgate/contracts';
import { judgeUse, type KeyHistory } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';
import type { Raised } from '../changes/raised.js';
import { keepCallers, keepUses, knownCallers, type UsedKey } from './known-callers.js';
import { DEFAULT_WATCH_SETTINGS, settingsOf } from './read-settings.js';

interface KeyRow {
  readonly secret_id: string;
  readonly id: string;
  readonly public_id: string;
  readonly name: string;
  readonly organisation_id: string;
  readonly honey: boolean;
  readonly created_at: Date;
  readonly first_used_at: Date | null;
  readonly last_used_at: Date | null;
  readonly uses: string | null;
  readonly settings: unknown;
}

export interface RaisedIn extends Raised {
  readonly organisationId: string;
}

/**
 * Compares uses of good secrets with what is known of their keys, and returns what is remarkable; `keep` is to be called once
 * that is written down. A batch costs a handful of statements, however many keys are in it.
 */
export async function watchUses(
  manager: EntityManager,
  uses: readonly TokenUse[],
  now: number,
): Promise<{ readonly raised: readonly RaisedIn[]; keep(): Promise<void> }> {
  const keys = new Map((await loadKeys(manager, uses)).map((row) => [row.secret_id, row]));
  const known = await knownCallers(
    manager,
    [...keys.values()].map(({ id }) => id),
    uses,
  );
  const settings = new Map([...keys.values()].map((row) => [row.organisation_id, settingsOf(row.settings)]));
  const seen = new Map<string, UsedKey>();
  const raised: RaisedIn[] = [];
  for (const use of uses.toSorted((a, b) => a.usedAt - b.usedAt)) {
    const row = keys.get(use.secretId);
    if (row === undefined) continue;
    const key = seen.get(row.id) ?? newKey(row);
    seen.set(row.id, key);
    const { network = '', userAgent = '', count = 1, secretId } = use;
    const at = Math.min(use.usedAt, now);
    const history: KeyHistory = {
      ...key,
      createdAt: row.created_at.getTime(),
      networkKnown: known.has(row.id, 'network', network),
      programKnown: known.has(row.id, 'program', userAgent),
      honey: row.honey,
    };
    const rules = settings.get(row.organisation_id) ?? DEFAULT_WATCH_SETTINGS;
    for (const finding of judgeUse(history, { secretId, at, count, network, userAgent }, rules)) {
      const about = { id: row.id, publicId: row.public_id, name: row.name };
      raised.push({ finding, subject: row.id, key: about, organisationId: row.organisation_id });
    }
    key.firstUsedAt ??= at;
    key.lastUsedAt = Math.max(key.lastUsedAt ?? 0, at);
    key.uses += count;
    known.note(row.id, 'network', network, at);
    known.note(row.id, 'program', userAgent, at);
  }
  return {
    raised,
    keep: async () => {
      await keepUses(manager, [...seen.values()]);
      await keepCallers(manager, known.fresh(), now);
    },
  };
}

const newKey = (row: KeyRow): UsedKey => ({
  id: row.id,
  firstUsedAt: row.first_used_at?.getTime() ?? null,
  lastUsedAt: row.last_used_at?.getTime() ?? null,
  uses: Number(row.uses ?? 0),
  storedLastUsedAt: row.last_used_at?.getTime() ?? null,
  storedUses: Number(row.uses ?? 0),
});

const loadKeys = (manager: EntityManager, uses: readonly TokenUse[]): Promise<readonly KeyRow[]> =>
  manager.query(
    `SELECT secret.id AS secret_id, token.id, token.public_id, token.name, token.organisation_id, token.created_at,
       $2 = ANY (token.tags) AS honey, seen.first_used_at, seen.last_used_at, seen.uses, watch.settings
     FROM auth.token_secrets AS secret JOIN auth.tokens AS token ON token.id = secret.token_id
     LEFT JOIN auth.watched_keys AS seen ON seen.token_id = token.id
     LEFT JOIN auth.watch_settings AS watch ON watch.organisation_id = token.organisation_id
     WHERE secret.id = ANY ($1::text[])`,
    [[...new Set(uses.map(({ secretId }) => secretId))], HONEY_TAG],
  );
