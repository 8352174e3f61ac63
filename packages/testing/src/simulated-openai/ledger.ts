import type { SimulatedUsage } from './answer.js';

/**
 * answering: under way. complete: the last byte was handed to the kernel. aborted: the reader left first. refused: an error
 * answer, nothing was used. cut: the simulation broke it off on purpose.
 */
export type LedgerState = 'answering' | 'complete' | 'aborted' | 'refused' | 'cut';

/** The upstream's own account of one request. Times: ms since the epoch. */
export interface LedgerEntry {
  readonly number: number;
  /** The completion id, also sent as `x-request-id`. */
  readonly id: string;
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly user: string | null;
  readonly receivedAt: number;
  readonly requestBytes: number;
  /** As received; kept for the most recent requests only. */
  headers: Readonly<Record<string, string>> | null;
  status: number;
  state: LedgerState;
  usage: SimulatedUsage;
  /** Words sent so far: what an aborted stream has produced. */
  framesSent: number;
  bytesSent: number;
  closedAt: number | null;
}

const HEADERS_KEPT = 1_000;
const ENTRIES_KEPT = 1_000_000;

export interface Ledger {
  readonly entries: readonly LedgerEntry[];
  /** Entries of one `user`, oldest first. */
  of(user: string): readonly LedgerEntry[];
  clear(): void;
}

export interface WritableLedger extends Ledger {
  add(entry: LedgerEntry): void;
}

export function createLedger(): WritableLedger {
  let entries: LedgerEntry[] = [];
  return {
    get entries() {
      return entries;
    },
    of: (user) => entries.filter((entry) => entry.user === user),
    clear() {
      entries = [];
    },
    add(entry) {
      if (entries.length >= ENTRIES_KEPT) throw new Error('The ledger is full');
      entries.push(entry);
      const old = entries[entries.length - HEADERS_KEPT - 1];
      if (old !== undefined) old.headers = null;
    },
  };
}
