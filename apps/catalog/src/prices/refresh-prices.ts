import type { PriceRefresh } from '@tollgate/contracts';
import type { CatalogStore } from '../store/catalog-store.js';
import { joinPrices, PRICE_NOW } from '../store/price-now.js';
import { putModels } from '../store/put-models.js';
import type { Origin, WriteSession } from '../store/session.js';
import { modelsOfVendor } from './models-of-vendor.js';

/** Brings the models of all providers that a table knows to what the tables say now; who owns a provider does not matter. */
export function refreshPrices(store: CatalogStore): Promise<PriceRefresh> {
  return store.write(async (session) => {
    const before = await pricesNow(session);
    const providers = await session.query<{ id: string; name: string; origin: Origin; prices_id: string }>(
      `SELECT id, name, origin, prices_id FROM catalog.providers
        WHERE active AND prices_id IS NOT NULL AND origin IN ('api', 'environment') ORDER BY name`,
    );
    for (const { id, name, origin, prices_id } of providers) {
      await putModels(session, { id, name }, await modelsOfVendor(name, prices_id, session.now), origin);
    }
    const after = await pricesNow(session);
    let changed = 0;
    for (const [id, price] of after) if (before.has(id) && before.get(id) !== price) changed += 1;
    const unpriced = [...after.values()].filter((price) => price === null).length;
    return { vendors: providers.length, priced: after.size - unpriced, unpriced, changed };
  });
}

/** By deployment that can be called, wildcards left out: nobody can say what those cost. */
async function pricesNow(session: WriteSession): Promise<ReadonlyMap<string, string | null>> {
  const rows = await session.query<{ id: string; price: string | null }>(
    `SELECT d.id, ${PRICE_NOW}::text AS price FROM catalog.deployments d
       JOIN catalog.providers p ON p.id = d.provider_id AND p.active
       LEFT JOIN catalog.model_definitions m ON m.id = d.model_id ${joinPrices('$1')}
      WHERE d.active AND d.upstream_model <> '*' AND coalesce(d.credential_id, p.credential_id) IS NOT NULL`,
    [session.now],
  );
  return new Map(rows.map(({ id, price }) => [id, price]));
}
