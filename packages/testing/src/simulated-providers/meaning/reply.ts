/** Disjoint buckets; their sum is what the vendor calls the total. */
export interface SimulatedBuckets {
  /** Prompt tokens neither read from nor written to a cache. */
  readonly fresh: number;
  readonly cacheRead: number;
  readonly cacheWritten: number;
  /** Words and arguments of the answer. */
  readonly answer: number;
  readonly reasoning: number;
}

export const NO_BUCKETS: SimulatedBuckets = { fresh: 0, cacheRead: 0, cacheWritten: 0, answer: 0, reasoning: 0 };

export interface ReplyCall {
  readonly name: string;
  /** JSON text of an object. */
  readonly arguments: string;
}

/** Why the answer ended. */
export type ReplyEnd = 'stop' | 'length' | 'stop_sequence' | 'tools' | 'refused';

export interface Reply {
  /** Null: no reasoning was asked for. */
  readonly thinking: string | null;
  /** The reasoning is not to be read, only to be brought back. */
  readonly redacted: boolean;
  /** Empty where the answer is only calls. */
  readonly text: string;
  readonly calls: readonly ReplyCall[];
  readonly end: ReplyEnd;
  readonly stopSequence: string | null;
  readonly buckets: SimulatedBuckets;
}

export const promptTotal = (buckets: SimulatedBuckets): number => buckets.fresh + buckets.cacheRead + buckets.cacheWritten;
export const outputTotal = (buckets: SimulatedBuckets): number => buckets.answer + buckets.reasoning;
export const wholeTotal = (buckets: SimulatedBuckets): number => promptTotal(buckets) + outputTotal(buckets);
