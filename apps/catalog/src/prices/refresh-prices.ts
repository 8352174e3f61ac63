import type { PriceRefresh } from '@tollgate/contracts';
import type { CatalogStore } from '../store/catalog-store.js';
import { joinPrices, PRICE_NOW } from '../store/price-now.js';
import { putModels } from '../store/put-models.js';
import type { Origin, Query, WriteSession } from '../store/session.js';
import { modelsOfVendor } from './models-of-vendor.js';

/**
 * Brings the models of all providers that a table knows to what the tables say now; who owns a provider does not matter. Those of
 * the file are the file's to bring.
 */
export async function refreshPrices(store: CatalogStore, refreshFile: () => Promise<void>): Promise<PriceRefresh> {
  const now = (): Date => new Date(store.nowMs());
  const before = await pricesNow(store.query, now());
  const vendors = await store.write(refreshAll);
  await refreshFile();
  const after = await pricesNow(store.query, now());
  let changed = 0;
  for (const [id, price] of after) if (before.has(id) && before.get(id) !== price) changed += 1;
  const unpriced = [...after.values()].filter((price) => price === null).length;
  return { vendors, priced: after.size - unpriced, unpriced, changed };
}

async function refreshAll(session: WriteSession): Promise<number> {
  const providers = await session.query<{ id: string; name: string; origin: Origin; prices_id: string }>(
    `SELECT id, name, origin, prices_id FROM catalog.providers WHERE active AND prices_id IS NOT NULL ORDER BY name`,
  );
  for (const { id, name, origin, prices_id } of providers) {
    if (origin === 'file') continue;
    await putModels(session, { id, name }, await modelsOfVendor(name, prices_id, session.now), origin);
  }
  return providers.length;
}

/** By deployment that can be called, wildcards left out: nobody can say what those cost. */
async function pricesNow(query: Query, now: Date): Promise<ReadonlyMap<string, string | null>> {
  const rows = await query<{ id: string; price: string | null }>(
    `SELECT d.id, ${PRICE_NOW}::text AS price FROM catalog.deployments d
       JOIN catalog.providers p ON p.id = d.provider_id AND p.active
       LEFT JOIN catalog.model_definitions m ON m.id = d.model_id ${joinPrices('$1')}
      WHERE d.active AND d.upstream_model <> '*' AND coalesce(d.credential_id, p.credential_id) IS NOT NULL`,
    [now],
  );
  return new Map(rows.map(({ id, price }) => [id, price]));
}
