import type { ModelPrice, TieredPrices } from '@pydantic/genai-prices';
import type { Price } from '@tollgate/contracts';
import { decimalOf } from './decimal-of.js';

type Rate = number | TieredPrices | undefined;

/**
 * The price table's rates of one model in our terms, or null where it does not price text in and out (speech, images, pages:
 * what is not known is not guessed). A free model of an aggregator is known to cost nothing.
 */
export function priceOfRates(source: string, rates: ModelPrice, free: boolean): Price | null {
  const { input_mtok: input, output_mtok: output } = rates;
  if (free && Object.keys(rates).length === 0) return { ...empty(source), input: '0', output: '0' };
  if (input === undefined || output === undefined) return null;
  const starts = [input, output, rates['cache_read_mtok'], rates['cache_write_mtok']].flatMap(startsOf);
  const perThousand = rates['requests_kcount'];
  return {
    ...empty(source),
    input: decimalOf(baseOf(input)),
    output: decimalOf(baseOf(output)),
    cacheRead: baseText(rates['cache_read_mtok']),
    cacheWrite: baseText(rates['cache_write_mtok']),
    inputAudio: baseText(rates['input_audio_mtok']),
    outputAudio: baseText(rates['output_audio_mtok']),
    tiers: [...new Set(starts)]
      .sort((a, b) => a - b)
      .map((start) => ({
        aboveInputTokens: start,
        input: tierText(input, start),
        output: tierText(output, start),
        cacheRead: tierText(rates['cache_read_mtok'], start),
        cacheWrite: tierText(rates['cache_write_mtok'], start),
      })),
    perRequest: typeof perThousand === 'number' ? thousandth(decimalOf(perThousand)) : null,
  };
}

const empty = (source: string): Omit<Price, 'input' | 'output'> => ({
  source,
  currency: 'USD',
  cacheRead: null,
  cacheWrite: null,
  inputAudio: null,
  outputAudio: null,
  tiers: [],
  perRequest: null,
});

const baseOf = (rate: Exclude<Rate, undefined>): number => (typeof rate === 'number' ? rate : rate.base);
const baseText = (rate: Rate): string | null => (rate === undefined ? null : decimalOf(baseOf(rate)));
const startsOf = (rate: Rate): number[] =>
  rate === undefined || typeof rate === 'number' ? [] : rate.tiers.map((tier) => tier.start);

/** The rate that holds above `start`; null = the base rate. */
function tierText(rate: Rate, start: number): string | null {
  if (rate === undefined || typeof rate === 'number') return null;
  const reached = rate.tiers.filter((tier) => tier.start <= start).sort((a, b) => b.start - a.start)[0];
  return reached === undefined ? null : decimalOf(reached.price);
}

/** Moves the decimal point three places to the left, in text: no float may touch a price. */
function thousandth(text: string): string {
  const [whole = '0', fraction = ''] = text.split('.');
  const digits = `${whole.padStart(4, '0')}${fraction}`;
  const point = Math.max(whole.length, 4) - 3;
  const moved = `${digits.slice(0, point)}.${digits.slice(point)}`;
  return moved.replace(/\.?0+$/, '').replace(/^0+(?=\d)/, '');
}
