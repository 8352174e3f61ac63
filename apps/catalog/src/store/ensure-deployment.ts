import type { Origin, WriteSession } from './session.js';

/**
 * The deployment of a `provider/model`; made where the provider is there and the model is not known, so that an alias can name
 * any model (unpriced, as with the wildcard). Null where there is no such provider.
 */
export async function ensureDeployment(session: WriteSession, fullName: string, origin: Origin): Promise<string | null> {
  const [found] = await session.query<{ id: string; active: boolean }>(
    'SELECT id, active FROM catalog.deployments WHERE name = $1',
    [fullName],
  );
  if (found?.active === true) return found.id;
  const slash = fullName.indexOf('/');
  const [provider] = await session.query<{ id: string }>('SELECT id FROM catalog.providers WHERE name = $1', [
    fullName.slice(0, slash),
  ]);
  if (provider === undefined || slash <= 0) return null;
  const upstreamModel = fullName.slice(slash + 1);
  if (upstreamModel === '' || upstreamModel === '*') return null;
  const [made] = await session.query<{ id: string }>(
    `INSERT INTO catalog.deployments (id, name, provider_id, upstream_model, listed, origin, active, created_at)
     VALUES ($1, $2, $3, $4, false, $5, true, $6)
     ON CONFLICT (name) DO UPDATE SET active = true, origin = excluded.origin RETURNING id`,
    [session.newId('dep'), fullName, provider.id, upstreamModel, origin, session.now],
  );
  return made?.id ?? null;
}
