import type { ListModelsQuery, ModelView, Page, Price, PriceView } from '@tollgate/contracts';
import type { Query } from '../store/session.js';
import { afterOf, pageOfRows } from './cursor.js';

interface Row extends Omit<ModelView, 'price' | 'created_at'> {
  readonly price: Price | null;
  readonly created_at: Date;
}

/** What can be called now. The search compares text with text: no pattern reaches the database. */
export async function listModels(query: Query, wish: ListModelsQuery, now: Date): Promise<Page<ModelView>> {
  const rows = await query<Row>(
    `SELECT d.id, d.name, coalesce(m.title, d.name) AS title, p.name AS provider, d.upstream_model, m.context_tokens,
            m.max_output_tokens, coalesce(m.capabilities, '["chat"]') AS capabilities, coalesce(m.deprecated, false) AS deprecated,
            d.listed, coalesce(d.price_override, current.price) AS price, d.origin, d.created_at
       FROM catalog.deployments d
       JOIN catalog.providers p ON p.id = d.provider_id AND p.active
       LEFT JOIN catalog.model_definitions m ON m.id = d.model_id
       LEFT JOIN LATERAL (SELECT price FROM catalog.model_prices WHERE model_id = m.id AND effective_from <= $1
                           ORDER BY effective_from DESC, id DESC LIMIT 1) current ON true
      WHERE d.active AND coalesce(d.credential_id, p.credential_id) IS NOT NULL AND d.name > $2 AND (d.listed OR $3)
        AND ($4::text IS NULL OR p.name = $4)
        AND ($5::text IS NULL OR position(lower($5) IN lower(d.name)) > 0 OR position(lower($5) IN lower(m.title)) > 0)
      ORDER BY d.name LIMIT $6`,
    [now, afterOf(wish), wish.unlisted, wish.provider ?? null, wish.search ?? null, wish.limit + 1],
  );
  return pageOfRows(rows, wish, (row) => row.name, viewOf);
}

const viewOf = (row: Row): ModelView => ({
  ...row,
  price: row.price === null ? null : priceView(row.price),
  created_at: row.created_at.toISOString(),
});

const priceView = (price: Price): PriceView => ({
  source: price.source,
  currency: price.currency,
  input: price.input,
  output: price.output,
  cache_read: price.cacheRead,
  cache_write: price.cacheWrite,
  input_audio: price.inputAudio,
  output_audio: price.outputAudio,
  per_request: price.perRequest,
  tiers: price.tiers.map((tier) => ({
    above_input_tokens: tier.aboveInputTokens,
    input: tier.input,
    output: tier.output,
    cache_read: tier.cacheRead,
    cache_write: tier.cacheWrite,
  })),
});
