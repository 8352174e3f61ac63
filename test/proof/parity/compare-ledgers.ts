import type { LedgerEntry } from '@tollgate/testing';
import type { ClientCall } from './client-ledger.ts';

/** A usage record as the API tells it. */
export interface RecordRow {
  readonly id: string;
  readonly client_request_id: string | null;
  readonly outcome: string;
  readonly status: number;
  readonly basis: string;
  /** Sum over the attempts. */
  readonly tokens: Tokens;
  readonly attempts: readonly { readonly upstream_request_id: string | null; readonly basis: string; readonly tokens: Tokens }[];
}
type Tokens = Readonly<Record<'input' | 'cache_read' | 'output', number>>;

export interface Comparison {
  /** Calls that the upstream served, or the caller got, of which no row (or attempt) tells. */
  readonly lost: number;
  /** Calls with several rows, and upstream requests that several attempts claim. */
  readonly double: number;
  /** Whole answers whose tokens differ among the caller, the upstream and the attempt that gave the answer, or rows that are no sum of their attempts. */
  readonly different: number;
  /** Whole 200 answers. */
  readonly succeeded: number;
  /** Whole answers that took more than one attempt. */
  readonly retried: number;
  /** Calls that failed or were cut, and still have their row. */
  readonly brokenRecorded: number;
  /** The first few troubles, in words. */
  readonly examples: readonly string[];
}

/** The caller's, the upstream's and the gateway's account of the same calls, joined by the name of the call. */
export function compareLedgers(
  calls: readonly ClientCall[],
  entries: readonly LedgerEntry[],
  rows: readonly RecordRow[],
): Comparison {
  const rowsByName = groupBy(rows, (row) => row.client_request_id);
  const entriesByName = groupBy(entries, (entry) => entry.user);
  const claims = new Map<string, number>();
  for (const row of rows) {
    for (const { upstream_request_id: id } of row.attempts) if (id !== null) claims.set(id, (claims.get(id) ?? 0) + 1);
  }
  const result = { lost: 0, double: 0, different: 0, succeeded: 0, retried: 0, brokenRecorded: 0 };
  const examples: string[] = [];
  const note = (what: 'lost' | 'double' | 'different', text: string): void => {
    result[what] += 1;
    if (examples.length < 20) examples.push(`${what}: ${text}`);
  };
  for (const call of calls) {
    const own = rowsByName.get(call.name) ?? [];
    const served = entriesByName.get(call.name) ?? [];
    const [row] = own;
    if (own.length > 1) note('double', `${call.name} has ${own.length} rows: ${own.map(({ id }) => id).join(', ')}`);
    if (row === undefined) {
      // Nothing was used and nobody was told that it went well: the call never got in.
      if (served.length > 0 || call.status === 200) {
        note(
          'lost',
          `${call.name} status ${call.status}, upstream ${served.map(({ id, state }) => `${id} ${state}`).join(', ')}`,
        );
      }
      continue;
    }
    if (row.attempts.length < served.length) {
      note('lost', `${call.name} has ${row.attempts.length} attempts, the upstream saw ${served.length} (${row.outcome})`);
    }
    if (call.status !== 200 || !call.whole || call.left) {
      result.brokenRecorded += 1;
      continue;
    }
    result.succeeded += 1;
    const entry = served.find(({ id }) => id === call.completionId);
    const attempt = row.attempts.find(({ upstream_request_id: id }) => id === call.completionId);
    // What an earlier attempt used (one that died with its adapter) is in the row's sum and not in the answer.
    if (row.attempts.length > 1) result.retried += 1;
    const told = attempt === undefined ? -1 : attempt.tokens.input + attempt.tokens.cache_read;
    const agrees =
      row.outcome === 'succeeded' &&
      row.id === call.requestId &&
      entry !== undefined &&
      attempt?.basis === 'reported' &&
      told === call.promptTokens &&
      told === entry.usage.promptTokens &&
      attempt.tokens.output === call.completionTokens &&
      attempt.tokens.output === entry.usage.completionTokens &&
      isSum(row);
    if (!agrees)
      note(
        'different',
        `${call.name}: caller ${JSON.stringify(call)}, row ${JSON.stringify(row)}, upstream ${JSON.stringify(entry?.usage)}`,
      );
  }
  for (const [id, times] of claims) if (times > 1) note('double', `the upstream's ${id} stands in ${times} attempts`);
  return { ...result, examples };
}

const isSum = ({ tokens, attempts }: RecordRow): boolean =>
  (['input', 'cache_read', 'output'] as const).every(
    (bucket) => tokens[bucket] === attempts.reduce((sum, attempt) => sum + attempt.tokens[bucket], 0),
  );

function groupBy<T>(values: readonly T[], key: (value: T) => string | null): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const name = key(value);
    if (name === null) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [value]);
    else group.push(value);
  }
  return groups;
}
