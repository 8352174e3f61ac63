import type { DatedPrice, Page, PageQuery, SetPrice } from '@tollgate/contracts';
import { InvalidFieldsError } from '@tollgate/nest';
import type { Act } from '../audit/current-act.js';
import { noteChange } from '../audit/note-change.js';
import type { CatalogStore } from '../store/catalog-store.js';
import { type DatedPriceRow, insertPrice } from '../store/insert-price.js';
import type { Query } from '../store/session.js';
import { afterOf, pageOfRows } from './cursor.js';
import { readModel } from './models.js';
import { priceView } from './price-view.js';
import { assertOwn } from './refusals.js';

export async function listPrices(query: Query, id: string, page: PageQuery, now: Date): Promise<Page<DatedPrice>> {
  await readModel(query, id, now);
  const [time, last] = splitKey(afterOf(page));
  const rows = await query<DatedPriceRow>(
    `SELECT id, effective_from, price, created_at FROM catalog.deployment_prices
      WHERE deployment_id = $1 AND ($2::timestamptz IS NULL OR (effective_from, id) < ($2, $3))
      ORDER BY effective_from DESC, id DESC LIMIT $4`,
    [id, time, last, page.limit + 1],
  );
  return pageOfRows(rows, page, (row) => `${row.effective_from.toISOString()} ${row.id}`, viewOf);
}

export function setPrice(store: CatalogStore, act: Act, id: string, wish: SetPrice): Promise<DatedPrice> {
  return store.write(async (session) => {
    const model = await readModel(session.query, id, session.now);
    if (model.origin === 'file') assertOwn('file', `model ${model.name}`);
    const row = await insertPrice(session, id, wish);
    await session.query('UPDATE catalog.deployments SET revision = revision + 1 WHERE id = $1', [id]);
    const price = viewOf(row);
    const target = { type: 'model', id, name: model.name };
    const after = { effective_from: price.effective_from, price: price.price };
    await noteChange(session, act, { action: 'model.price_set', target, before: { price: model.price }, after });
    return price;
  });
}

const viewOf = (row: DatedPriceRow): DatedPrice => ({
  id: row.id,
  effective_from: row.effective_from.toISOString(),
  price: row.price === null ? null : priceView(row.price),
  created_at: row.created_at.toISOString(),
});

function splitKey(key: string): [time: string | null, id: string] {
  if (key === '') return [null, ''];
  const space = key.indexOf(' ');
  const time = key.slice(0, Math.max(0, space));
  if (Number.isNaN(Date.parse(time)))
    throw new InvalidFieldsError([{ pointer: 'cursor', detail: 'is not a cursor of this list' }]);
  return [time, key.slice(space + 1)];
}
