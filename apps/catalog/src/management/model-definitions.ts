import type { ModelDefinitionView, Page, PageQuery, Price } from '@tollgate/contracts';
import type { Query } from '../store/session.js';
import { afterOf, pageOfRows } from './cursor.js';
import { priceView } from './price-view.js';

interface Row extends Omit<ModelDefinitionView, 'price' | 'created_at'> {
  readonly price: Price | null;
  readonly created_at: Date;
}

/** Prices are those of the table and the file: what somebody has set is a deployment's own. */
export async function listDefinitions(query: Query, page: PageQuery, now: Date): Promise<Page<ModelDefinitionView>> {
  const rows = await query<Row>(
    `SELECT m.id, m.name, m.title, m.context_tokens, m.max_output_tokens, m.capabilities, m.modalities, m.parameters, m.deprecated,
            m.created_at,
            (SELECT price FROM catalog.model_prices WHERE model_id = m.id AND effective_from <= $1
              ORDER BY effective_from DESC, id DESC LIMIT 1) AS price,
            (SELECT count(*)::int FROM catalog.model_prices WHERE model_id = m.id AND effective_from <= $1) AS prices,
            (SELECT count(*)::int FROM catalog.deployments WHERE model_id = m.id AND active) AS deployments
       FROM catalog.model_definitions m WHERE m.name > $2 ORDER BY m.name LIMIT $3`,
    [now, afterOf(page), page.limit + 1],
  );
  return pageOfRows(rows, page, (row) => row.name, viewOf);
}

const viewOf = (row: Row): ModelDefinitionView => ({
  ...row,
  price: row.price === null ? null : priceView(row.price),
  created_at: row.created_at.toISOString(),
});
