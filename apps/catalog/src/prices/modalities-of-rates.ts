import type { ModelPrice } from '@pydantic/genai-prices';

/** What goes into a model and what comes out of it, text first. */
export interface Modalities {
  readonly input: readonly string[];
  readonly output: readonly string[];
}

export const TEXT_ONLY: Modalities = { input: ['text'], output: ['text'] };

const OTHERS = ['image', 'audio', 'video'] as const;

/**
 * A conversation is text both ways; anything else counts where the table prices it by itself. Where it does not, nothing is
 * said: many models that see images price them as text.
 */
export function modalitiesOfRates(rates: ModelPrice): Modalities {
  const priced = new Set(Object.keys(rates));
  const input = OTHERS.filter((kind) => priced.has(`input_${kind}_mtok`) || priced.has(`cache_${kind}_read_mtok`));
  const output = OTHERS.filter((kind) => priced.has(`output_${kind}_mtok`));
  return { input: ['text', ...input], output: ['text', ...output] };
}
