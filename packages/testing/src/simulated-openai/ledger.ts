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

/** What every entry has, whichever upstream is simulated. */
export interface EntryBase {
  readonly number: number;
  readonly user: string | null;
  headers: Readonly<Record<string, string>> | null;
}

export interface Ledger<Entry extends EntryBase = LedgerEntry> {
  readonly entries: readonly Entry[];
  /** Entries of one `user`, oldest first. */
  of(user: string): readonly Entry[];
  clear(): void;
}

export interface WritableLedger<Entry extends EntryBase = LedgerEntry> extends Ledger<Entry> {
  add(entry: Entry): void;
}

/** `forget` drops what is kept of the most recent entries only, beside the headers. */
export function createLedger<Entry extends EntryBase = LedgerEntry>(forget?: (entry: Entry) => void): WritableLedger<Entry> {
  let entries: Entry[] = [];
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
      if (old === undefined) return;
      old.headers = null;
      forget?.(old);
    },
  };
}
