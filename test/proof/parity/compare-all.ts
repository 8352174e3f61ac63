import type { Stack } from '@tollgate/testing';
import { compareLedgers } from './compare-ledgers.ts';
import type { Load } from './load.ts';
import { readRecords, readTotals, untilSettled } from './read-records.ts';

/** Longer than a router waits before it settles what a dead one left open, and an adapter before it gives up a dead router. */
const STILL_MS = 8_000;

/** What every proof of parity must keep at nothing. */
export const NOTHING_WRONG = {
  lost: { max: 0 },
  double: { max: 0 },
  different: { max: 0 },
  totals_off: { max: 0 },
} as const;

export interface Ledgers {
  readonly stack: Stack;
  readonly load: Load;
  readonly tokenId: string;
  /** Of the names of the calls. */
  readonly prefix: string;
  say(text: string): void;
}

/** Waits until everything is settled, and counts where the caller's, the upstream's and the gateway's accounts differ. */
export async function compareAll({ stack, load, tokenId, prefix, say }: Ledgers): Promise<Readonly<Record<string, number>>> {
  say('reading the ledgers');
  await untilSettled(stack, tokenId, STILL_MS);
  const [entries, rows] = [await stack.upstream.ledger(), await readRecords(stack, tokenId)];
  const totals = await readTotals(stack, tokenId);
  const own = entries.filter(({ user }) => user?.startsWith(`${prefix}-`));
  const { examples, ...compared } = compareLedgers(load.calls, own, rows);
  for (const example of examples) say(example);
  const counted = rows.filter(({ outcome }) => outcome !== 'refused').length;
  if (totals.requests !== counted) say(`totals count ${totals.requests} requests, the records ${counted}`);
  return {
    calls: load.calls.length,
    streams: load.calls.filter(({ stream }) => stream).length,
    succeeded: compared.succeeded,
    retried: compared.retried,
    broken_recorded: compared.brokenRecorded,
    upstream_requests: own.length,
    rows: rows.length,
    lost: compared.lost,
    double: compared.double,
    different: compared.different,
    totals_off: Math.abs(totals.requests - counted),
  };
}
