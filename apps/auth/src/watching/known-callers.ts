import type { TokenUse } from '@tollgate/contracts';
import type { EntityManager } from 'typeorm';

type Kind = 'network' | 'program';

/** A key that was used, as it is known after that; `stored*` is what stands in its row. */
export interface UsedKey {
  readonly id: string;
  firstUsedAt: number | null;
  lastUsedAt: number | null;
  uses: number;
  readonly storedLastUsedAt: number | null;
  readonly storedUses: number;
}

interface CallerRow {
  readonly token_id: string;
  readonly kind: Kind;
  readonly value: string;
  readonly last_seen_at: Date;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** More than any settings ask for: from here on a key is known well, and its row is touched once an hour. */
const USES_COUNTED_MAX = 1_000_000;
/** Of one kind for one key; the longest unseen make room. */
const CALLERS_MAX = 200;

/** Where and by what keys were used before, as far as the uses at hand ask for it. */
export class KnownCallers {
  private readonly seen = new Map<string, { readonly row: Omit<CallerRow, 'last_seen_at'>; at: number; stored: number | null }>();

  constructor(rows: readonly CallerRow[]) {
    for (const { last_seen_at, ...row } of rows) {
      const at = last_seen_at.getTime();
      this.seen.set(nameOf(row), { row, at, stored: at });
    }
  }

  has(tokenId: string, kind: Kind, value: string): boolean {
    return this.seen.has(nameOf({ token_id: tokenId, kind, value }));
  }

  note(tokenId: string, kind: Kind, value: string, at: number): void {
    if (value === '') return;
    const row = { token_id: tokenId, kind, value };
    const before = this.seen.get(nameOf(row));
    this.seen.set(nameOf(row), { row, at: Math.max(at, before?.at ?? 0), stored: before?.stored ?? null });
  }

  /** What has to be written: those that are new, and those whose last time is a day old. */
  fresh(): readonly CallerRow[] {
    const due = [...this.seen.values()].filter(({ at, stored }) => stored === null || at - stored >= DAY_MS);
    return due.map(({ row, at }) => ({ ...row, last_seen_at: new Date(at) }));
  }
}

const nameOf = ({ token_id, kind, value }: Omit<CallerRow, 'last_seen_at'>): string => `${token_id} ${kind} ${value}`;

export async function knownCallers(
  manager: EntityManager,
  tokenIds: readonly string[],
  uses: readonly TokenUse[],
): Promise<KnownCallers> {
  const values = [...new Set(uses.flatMap(({ network = '', userAgent = '' }) => [network, userAgent]))].filter(
    (each) => each !== '',
  );
  if (tokenIds.length === 0 || values.length === 0) return new KnownCallers([]);
  const rows: CallerRow[] = await manager.query(
    'SELECT token_id, kind, value, last_seen_at FROM auth.watched_callers WHERE token_id = ANY ($1::text[]) AND value = ANY ($2::text[])',
    [tokenIds, values],
  );
  return new KnownCallers(rows);
}

/** Each key once, in one order: several routers report the same keys. */
export async function keepUses(manager: EntityManager, keys: readonly UsedKey[]): Promise<void> {
  const due = keys
    .filter(
      ({ storedLastUsedAt, storedUses, lastUsedAt }) =>
        storedLastUsedAt === null || storedUses < USES_COUNTED_MAX || (lastUsedAt ?? 0) - storedLastUsedAt >= HOUR_MS,
    )
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (due.length === 0) return;
  await manager.query(
    `INSERT INTO auth.watched_keys AS known (token_id, first_used_at, last_used_at, uses)
     SELECT id, to_timestamp(first_ms / 1000), to_timestamp(last_ms / 1000), uses
     FROM unnest($1::text[], $2::float8[], $3::float8[], $4::bigint[]) AS key (id, first_ms, last_ms, uses)
     ON CONFLICT (token_id) DO UPDATE SET last_used_at = GREATEST(known.last_used_at, EXCLUDED.last_used_at),
       uses = known.uses + EXCLUDED.uses`,
    [
      due.map(({ id }) => id),
      due.map(({ firstUsedAt, lastUsedAt }) => firstUsedAt ?? lastUsedAt),
      due.map(({ lastUsedAt }) => lastUsedAt),
      due.map(({ uses, storedUses }) => uses - storedUses),
    ],
  );
}

export async function keepCallers(manager: EntityManager, rows: readonly CallerRow[], now: number): Promise<void> {
  if (rows.length === 0) return;
  const sorted = rows.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  await manager.query(
    `INSERT INTO auth.watched_callers AS known (token_id, kind, value, last_seen_at)
     SELECT token_id, kind, value, LEAST(to_timestamp(seen_ms / 1000), $5::timestamptz)
     FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[]) AS caller (token_id, kind, value, seen_ms)
     ON CONFLICT (token_id, kind, value) DO UPDATE SET last_seen_at = GREATEST(known.last_seen_at, EXCLUDED.last_seen_at)`,
    [
      sorted.map(({ token_id }) => token_id),
      sorted.map(({ kind }) => kind),
      sorted.map(({ value }) => value),
      sorted.map(({ last_seen_at }) => last_seen_at.getTime()),
      new Date(now),
    ],
  );
  await manager.query(
    `DELETE FROM auth.watched_callers AS old USING (
       SELECT token_id, kind, value, row_number() OVER (PARTITION BY token_id, kind ORDER BY last_seen_at DESC) AS place
       FROM auth.watched_callers WHERE token_id = ANY ($1::text[])
     ) AS ranked
     WHERE ranked.place > ${CALLERS_MAX} AND old.token_id = ranked.token_id AND old.kind = ranked.kind AND old.value = ranked.value`,
    [[...new Set(sorted.map(({ token_id }) => token_id))]],
  );
}
