import type { MatchLogic } from '@pydantic/genai-prices';
import type { ModelSpec } from '../store/put-provider.js';
import { type Modalities, modalitiesOfRates } from './modalities-of-rates.js';
import { ratesAt } from './price-at.js';
import { priceOfRates } from './price-of-rates.js';
import { readVendorTable, type TableModel } from './vendor-table.js';

/** Priced by tokens in and out as chat models are, but served at other endpoints. */
const NOT_CHAT =
  /embed|whisper|\btts\b|transcribe|moderation|image|dall-e|realtime|\bocr\b|rerank|davinci|babbage|turbo-instruct/i;

/**
 * The chat models that the price table lists for a vendor, with their price at this moment, and a wildcard for all others: a
 * model that the table does not know is callable and has no price. Names that the table treats as the same model (dated
 * snapshots) are callable at the same price and not listed. `only` is the source of a regular expression that names must match.
 */
export async function knownModels(pricesId: string | null, now: Date, only = ''): Promise<ModelSpec[]> {
  const own = new RegExp(only);
  if (pricesId === null) return [WILDCARD];
  const table = await readVendorTable(pricesId);
  if (table === null) return [WILDCARD];
  const byName = new Map<string, ModelSpec>();
  const chat = table.models.flatMap((model) => {
    const source = `${table.source}:${pricesId}/${model.id}`;
    const rates = ratesAt(model, now);
    const price = priceOfRates(source, rates, model.id.endsWith(':free'));
    return price === null || NOT_CHAT.test(model.id) || !own.test(model.id)
      ? []
      : [{ model, price, modalities: modalitiesOfRates(rates) }];
  });
  for (const known of chat) byName.set(known.model.id, specOf(known, known.model.id, true));
  for (const known of chat) {
    for (const alias of equalNames(known.model.match)) {
      if (!byName.has(alias)) byName.set(alias, specOf(known, alias, false));
    }
  }
  return [...byName.values(), WILDCARD];
}

export const WILDCARD: ModelSpec = {
  upstreamModel: '*',
  title: 'Any other model of the provider',
  contextTokens: null,
  maxOutputTokens: null,
  capabilities: ['chat'],
  deprecated: false,
  listed: false,
  price: null,
  priceOverride: null,
};

interface KnownModel {
  readonly model: TableModel;
  readonly price: ModelSpec['price'];
  readonly modalities: Modalities;
}

const specOf = ({ model, price, modalities }: KnownModel, upstreamModel: string, listed: boolean): ModelSpec => ({
  upstreamModel,
  title: model.name ?? model.id,
  contextTokens: model.context_window ?? null,
  maxOutputTokens: null,
  capabilities: ['chat'],
  modalities,
  deprecated: model.deprecated === true,
  listed,
  price,
  priceOverride: null,
});

/** The names that a match gives one by one; patterns are left to the wildcard. */
function equalNames(match: MatchLogic): string[] {
  if ('equals' in match) return [match.equals];
  return 'or' in match ? match.or.flatMap(equalNames) : [];
}
