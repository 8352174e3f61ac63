import { NO_USAGE, type Usage, type UsageRecord } from '@tollgate/contracts';

/** One row of the ledger. */
export interface StoredUsage {
  /** `YYYY-MM-DD`, derived from the id. */
  readonly day: string;
  /** What counts: the settlement with what adapters reported. */
  readonly record: UsageRecord;
  /** The settlement as it came, where that is not the same. */
  readonly settled: UsageRecord | null;
}

/** Of the last attempt, which is the one that answered; empty where there was none. */
export const providerOf = (record: UsageRecord): string => record.attempts.at(-1)?.provider ?? '';

export const totalTokens = (usage: Usage): number =>
  usage.input + usage.cacheRead + usage.cacheWrite + usage.inputAudio + usage.output + usage.reasoning + usage.outputAudio;

export const addUsage = (left: Usage, right: Usage): Usage => ({
  input: left.input + right.input,
  cacheRead: left.cacheRead + right.cacheRead,
  cacheWrite: left.cacheWrite + right.cacheWrite,
  inputAudio: left.inputAudio + right.inputAudio,
  output: left.output + right.output,
  reasoning: left.reasoning + right.reasoning,
  outputAudio: left.outputAudio + right.outputAudio,
});

export const sumUsage = (parts: readonly { readonly usage: Usage }[]): Usage =>
  parts.reduce((sum, part) => addUsage(sum, part.usage), NO_USAGE);
