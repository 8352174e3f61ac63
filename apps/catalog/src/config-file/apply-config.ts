import { registerDemo } from '../registration/register-demo.js';
import { readStoredSealingKey } from '../registration/sealing-key.js';
import { ensureDeployment } from '../store/ensure-deployment.js';
import { putModels } from '../store/put-models.js';
import { putCredential, putProvider } from '../store/put-provider.js';
import { putRoute } from '../store/put-route.js';
import type { WriteSession } from '../store/session.js';
import type { FileCredential, ResolvedConfig, ResolvedProvider } from './resolve-config.js';
import type { SealedLiterals } from './seal-literals.js';

export interface Applied {
  /** Providers whose key waits for an adapter to seal it to. */
  readonly unsealed: readonly string[];
  /** Targets of routes whose provider is not there (yet). */
  readonly unbound: readonly string[];
}

/** Brings what the file owns to exactly what it says, in one change. */
export async function applyConfig(session: WriteSession, config: ResolvedConfig, literals: SealedLiterals): Promise<Applied> {
  const names = config.providers.map(({ spec }) => spec.name);
  await session.query(`DELETE FROM catalog.providers WHERE origin = 'file' AND NOT (name = ANY($1))`, [names]);
  const unsealed: string[] = [];
  for (const provider of config.providers) {
    const id = await putProvider(session, provider.spec);
    if (!(await applyKeys(session, id, provider, literals))) unsealed.push(provider.spec.name);
    await putModels(session, { id, name: provider.spec.name }, provider.models, 'file');
  }
  if (!names.includes('demo')) await registerDemo(session);
  const { unbound, targets } = await applyRoutes(session, config);
  const kept = config.providers.flatMap(({ spec, models }) =>
    models.map((model) => `${spec.name}/${model.name ?? model.upstreamModel}`),
  );
  await session.query(`UPDATE catalog.deployments SET active = false WHERE origin = 'file' AND active AND NOT (name = ANY($1))`, [
    [...kept, ...targets],
  ]);
  return { unsealed, unbound };
}

async function applyRoutes(session: WriteSession, config: ResolvedConfig): Promise<{ unbound: string[]; targets: string[] }> {
  await session.query(`DELETE FROM catalog.routes WHERE origin = 'file' AND NOT (model = ANY($1))`, [
    config.routes.map((route) => route.model),
  ]);
  const unbound: string[] = [];
  for (const route of config.routes) {
    const targets = [];
    for (const { model, priority, weight } of route.targets) {
      const deploymentId = await ensureDeployment(session, model, 'file');
      if (deploymentId === null) unbound.push(model);
      else targets.push({ deploymentId, priority, weight });
    }
    await putRoute(session, { ...route, targets, organisationId: null, origin: 'file' });
  }
  return { unbound, targets: config.routes.flatMap((route) => route.targets.map((target) => target.model)) };
}

/** False where a literal key cannot be sealed yet: the provider is then not called with it. */
async function applyKeys(
  session: WriteSession,
  providerId: string,
  { spec, keys }: ResolvedProvider,
  literals: SealedLiterals,
): Promise<boolean> {
  const ids: string[] = [];
  for (const [i, { credential, weight }] of keys.entries()) {
    // The first has the place that the only one has, so that a second changes nothing for it.
    const id = await applyKey(session, providerId, { place: i === 0 ? spec.name : `${spec.name} ${i}`, credential }, literals);
    if (id === null) continue;
    ids.push(id);
    await session.query('UPDATE catalog.credentials SET weight = $2, pooled = $3 WHERE id = $1', [id, weight, keys.length > 1]);
  }
  await session.query(`DELETE FROM catalog.credentials WHERE provider_id = $1 AND origin <> 'api' AND NOT (id = ANY($2))`, [
    providerId,
    ids,
  ]);
  if (ids[0] !== undefined) {
    await session.query('UPDATE catalog.providers SET credential_id = $2 WHERE id = $1', [providerId, ids[0]]);
  }
  return ids.length === keys.length;
}

async function applyKey(
  session: WriteSession,
  providerId: string,
  { place, credential }: { readonly place: string; readonly credential: FileCredential },
  literals: SealedLiterals,
): Promise<string | null> {
  if (credential.source !== 'literal') {
    const name = credential.source === 'environment' ? credential.variable : 'none';
    return putCredential(session, providerId, name, credential, 'file');
  }
  const key = await readStoredSealingKey(session.query);
  if (key === null) return null;
  const held = literals.held(place, credential.secret, key);
  const [row] = await session.query<{ id: string }>('SELECT id FROM catalog.credentials WHERE id = $1', [held]);
  return row?.id ?? putCredential(session, providerId, 'tollgate.yaml', literals.spec(place, credential.secret, key), 'file');
}
