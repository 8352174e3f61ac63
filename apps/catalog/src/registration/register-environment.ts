import { type EnvironmentProvider, findProvider } from '@tollgate/providers';
import { modelsOfVendor } from '../prices/models-of-vendor.js';
import { putModels } from '../store/put-models.js';
import { putCredential, putProvider } from '../store/put-provider.js';
import type { WriteSession } from '../store/session.js';
import { specOfRow } from './spec-of-row.js';

/**
 * Registers the providers that the adapters' environment opens. One that an administrator or the file has made is theirs.
 * With `complete`, those that were found before and are not now are switched off; they keep their ids.
 */
export async function registerEnvironment(
  session: WriteSession,
  found: readonly EnvironmentProvider[],
  complete: boolean,
): Promise<void> {
  const owned = await session.query<{ name: string }>(
    `SELECT name FROM catalog.providers WHERE origin IN ('file', 'api', 'builtin')`,
  );
  const taken = new Set(owned.map((row) => row.name));
  for (const { provider: name, variable, baseUrl, settings = {} } of found) {
    const row = findProvider(name);
    // An adapter of a newer version may know vendors that we do not.
    if (row === undefined || taken.has(name)) continue;
    const spec = specOfRow(row, 'environment', { baseUrl, settings, secret: variable !== null });
    // An adapter of another version may know other settings.
    if (!spec.ok) continue;
    const id = await putProvider(session, spec.value);
    const credential = variable === null ? ({ source: 'none' } as const) : ({ source: 'environment', variable } as const);
    await putCredential(session, id, variable ?? 'none', credential, 'environment');
    await putModels(session, { id, name }, await modelsOfVendor(name, row.pricesId, session.now), 'environment');
  }
  await refreshPrices(session);
  if (!complete) return;
  await session.query(
    `UPDATE catalog.providers SET active = false WHERE origin = 'environment' AND active AND NOT (name = ANY($1))`,
    [found.map(({ provider }) => provider)],
  );
}

/** Providers that an administrator made of known vendors: their models and prices follow the table as well. */
async function refreshPrices(session: WriteSession): Promise<void> {
  const rows = await session.query<{ id: string; name: string; prices_id: string }>(
    `SELECT id, name, prices_id FROM catalog.providers WHERE origin = 'api' AND active AND prices_id IS NOT NULL ORDER BY name`,
  );
  for (const { id, name, prices_id } of rows) {
    await putModels(session, { id, name }, await modelsOfVendor(name, prices_id, session.now), 'api');
  }
}
