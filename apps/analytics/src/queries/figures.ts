import type { Money, UsageFigures } from '@tollgate/contracts';
import type { TokenColumns } from '../ledger/record-columns.js';

/** One row of sums as `pg` hands it over: bigint sums come as texts. */
export interface FiguresRow extends TokenColumns {
  readonly key: string | null;
  readonly succeeded: string;
  readonly failed: string;
  readonly cancelled: string;
  readonly interrupted: string;
  readonly refused: string;
  readonly unpriced: string;
  readonly unreported: string;
  readonly costs: readonly Money[] | null;
}

export const NO_FIGURES: FiguresRow = {
  key: null,
  succeeded: '0',
  failed: '0',
  cancelled: '0',
  interrupted: '0',
  refused: '0',
  unpriced: '0',
  unreported: '0',
  input_tokens: '0',
  cache_read_tokens: '0',
  cache_write_tokens: '0',
  input_audio_tokens: '0',
  output_tokens: '0',
  reasoning_tokens: '0',
  output_audio_tokens: '0',
  costs: null,
};

export function figuresOf(row: FiguresRow): UsageFigures {
  const n = (text: string): number => Number(text);
  const costs = [...(row.costs ?? [])].sort((left, right) => (left.currency < right.currency ? -1 : 1));
  const input = n(row.input_tokens) + n(row.cache_read_tokens) + n(row.cache_write_tokens) + n(row.input_audio_tokens);
  const output = n(row.output_tokens) + n(row.reasoning_tokens) + n(row.output_audio_tokens);
  return {
    requests: n(row.succeeded) + n(row.failed) + n(row.cancelled) + n(row.interrupted),
    succeeded: n(row.succeeded),
    failed: n(row.failed),
    cancelled: n(row.cancelled),
    interrupted: n(row.interrupted),
    refused: n(row.refused),
    unpriced_requests: n(row.unpriced),
    unreported_requests: n(row.unreported),
    input_tokens: input,
    output_tokens: output,
    total_tokens: input + output,
    input_token_details: {
      uncached: n(row.input_tokens),
      cache_read: n(row.cache_read_tokens),
      cache_write: n(row.cache_write_tokens),
      audio: n(row.input_audio_tokens),
    },
    output_token_details: { text: n(row.output_tokens), reasoning: n(row.reasoning_tokens), audio: n(row.output_audio_tokens) },
    // Without a rate of exchange there is no sum over currencies.
    cost: costs.length === 1 ? (costs[0] ?? null) : null,
    costs,
  };
}
