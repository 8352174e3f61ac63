import type { LedgerState } from '../../simulated-openai/ledger.js';
import type { SimulatedBuckets } from '../meaning/reply.js';
import type { Json } from './json.js';

/** A provider's own account of one request. Times: ms since the epoch. */
export interface ProviderEntry {
  readonly number: number;
  readonly id: string;
  readonly provider: string;
  readonly method: string;
  /** Without the provider's prefix, with the query. */
  readonly path: string;
  readonly receivedAt: number;
  readonly requestBytes: number;
  /** As received; kept for the most recent requests only, as the body is. */
  headers: Readonly<Record<string, string>> | null;
  body: Json | null;
  model: string;
  stream: boolean;
  user: string | null;
  status: number;
  state: LedgerState;
  /** Why it was refused, in the vendor's words. */
  refusal: string | null;
  /** What the answer says was used; of an aborted stream: what the whole answer would have said. */
  usage: SimulatedBuckets;
  /** Frames with words of the answer that were sent. */
  framesSent: number;
  bytesSent: number;
  closedAt: number | null;
}
