import type { CreateProvider, CredentialTestReply, Page, PageQuery, ProviderView, TimeoutsWish } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { InvalidFieldsError } from '@tollgate/nest';
import { isPrivateUrl } from '@tollgate/policy';
import { findProvider, type ProviderRow } from '@tollgate/providers';
import type { Act } from '../audit/current-act.js';
import { noteChange } from '../audit/note-change.js';
import { modelsOfVendor } from '../prices/models-of-vendor.js';
import { specOfRow } from '../registration/spec-of-row.js';
import { UNKNOWN_CHECK } from '../registration/unknown-check.js';
import type { CatalogStore } from '../store/catalog-store.js';
import { putModels } from '../store/put-models.js';
import { type ProviderSpec, putCredential, putProvider, putTriedSecret } from '../store/put-provider.js';
import type { Origin, Query } from '../store/session.js';
import { afterOf, pageOfRows } from './cursor.js';
import { assertOwn, notFound } from './refusals.js';
import { type ManagementParts, sealAndTry } from './seal-for-adapters.js';
import { testViewOf } from './test-secret.js';
import { testableSpec } from './testable-provider.js';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly base_url: string;
  readonly serves: ProviderSpec['serves'];
  readonly allow_private_network: boolean;
  readonly origin: Origin;
  readonly active: boolean;
  readonly credential_id: string | null;
  readonly test: CredentialTestReply | null;
  readonly tested_at: Date | null;
  readonly models: number;
  readonly timeouts: TimeoutsWish;
  readonly created_at: Date;
}

const SELECT = `SELECT p.id, p.name, p.title, p.base_url, p.serves, p.allow_private_network, p.origin, p.active, p.credential_id, p.created_at, p.timeouts, c.test, c.tested_at,
  (SELECT count(*)::int FROM catalog.deployments d WHERE d.provider_id = p.id AND d.active AND d.listed) AS models
  FROM catalog.providers p LEFT JOIN catalog.credentials c ON c.id = p.credential_id`;

export async function listProviders(query: Query, page: PageQuery): Promise<Page<ProviderView>> {
  const rows = await query<Row>(`${SELECT} WHERE p.name > $1 ORDER BY p.name LIMIT $2`, [afterOf(page), page.limit + 1]);
  return pageOfRows(rows, page, (row) => row.name, viewOf);
}

export async function readProvider(query: Query, id: string): Promise<ProviderView> {
  const [row] = await query<Row>(`${SELECT} WHERE p.id = $1`, [id]);
  if (row === undefined) throw notFound('provider');
  return viewOf(row);
}

export async function createProvider(parts: ManagementParts, act: Act, wish: CreateProvider): Promise<ProviderView> {
  const { store } = parts;
  const spec = specOf(wish);
  const { secret, test } = wish;
  await assertFree(store.query, spec.name);
  const wantsKey = secret !== undefined && spec.auth.type !== 'none';
  const tried = wantsKey ? await sealAndTry(parts, testableSpec(spec), { secret, test }) : null;
  return store.write(async (session) => {
    await assertFree(session.query, spec.name);
    const id = await putProvider(session, spec);
    if (spec.auth.type === 'none') await putCredential(session, id, 'none', { source: 'none' }, 'api');
    else if (tried !== null) await putTriedSecret(session, id, { name: 'first', pool: false, weight: 1 }, tried);
    await putModels(session, { id, name: spec.name }, await modelsOfVendor(spec.name, spec.pricesId, session.now), 'api');
    const provider = await readProvider(session.query, id);
    const target = { type: 'provider', id, name: provider.name };
    await noteChange(session, act, { action: 'provider.created', target, before: null, after: auditViewOf(provider) });
    return provider;
  });
}

async function assertFree(query: Query, name: string): Promise<void> {
  const taken = await query('SELECT 1 FROM catalog.providers WHERE name = $1', [name]);
  if (taken.length > 0) throw new TollgateError('conflict', `There is a provider ${name} already.`);
}

export function deleteProvider(store: CatalogStore, act: Act, id: string): Promise<void> {
  return store.write(async (session) => {
    const provider = await readProvider(session.query, id);
    assertOwn(provider.origin, `provider ${provider.name}`);
    await session.query('DELETE FROM catalog.providers WHERE id = $1', [id]);
    const target = { type: 'provider', id, name: provider.name };
    await noteChange(session, act, { action: 'provider.deleted', target, before: auditViewOf(provider), after: null });
  });
}

const NOT_PUBLIC = 'is not on the public internet, where a call of this provider may not go';

/** A secret is in none of these. */
const auditViewOf = ({ name, title, base_url, api, allow_private_network, credential_id }: ProviderView) => ({
  ...{ name, title, base_url, api, allow_private_network, credential_id },
});

function specOf(wish: CreateProvider): ProviderSpec {
  const row = findProvider(wish.name);
  const baseUrl = wish.base_url?.replace(/\/+$/, '') ?? null;
  if (row === undefined && wish.settings !== undefined) {
    throw new InvalidFieldsError([{ pointer: '/settings', detail: 'is for providers that are known by name' }]);
  }
  if (row === undefined && baseUrl === null) {
    throw new InvalidFieldsError([{ pointer: '/base_url', detail: 'is needed for a provider that is not known by name' }]);
  }
  const base: ProviderSpec =
    row === undefined
      ? {
          name: wish.name,
          title: wish.name,
          baseUrl: baseUrl as string,
          // Without a secret it may still get one later; a provider that needs none takes any.
          auth: wish.secret === undefined ? { type: 'none' } : { type: 'bearer' },
          serves: [{ endpoint: 'chat.completions', dialect: 'openai-chat', path: '/chat/completions' }],
          headers: {},
          quirks: [],
          check: UNKNOWN_CHECK,
          allowPrivateNetwork: false,
          pricesId: null,
          origin: 'api',
        }
      : placed(row, wish, baseUrl);
  const allowPrivateNetwork = base.allowPrivateNetwork || wish.allow_private_network;
  if (!allowPrivateNetwork && isPrivateUrl(base.baseUrl)) {
    throw new InvalidFieldsError([{ pointer: '/base_url', detail: `${NOT_PUBLIC}: set allow_private_network if it is meant` }]);
  }
  return { ...base, title: wish.title ?? base.title, allowPrivateNetwork, timeouts: wish.timeouts };
}

function placed(row: ProviderRow, wish: CreateProvider, baseUrl: string | null): ProviderSpec {
  const spec = specOfRow(row, 'api', { baseUrl, settings: wish.settings ?? {}, secret: wish.secret !== undefined });
  if (spec.ok) return spec.value;
  throw new InvalidFieldsError(
    spec.error.map(({ setting, message }) => ({
      pointer: setting === null ? '/base_url' : `/settings/${setting}`,
      detail: message,
    })),
  );
}

const viewOf = (row: Row): ProviderView => ({
  id: row.id,
  name: row.name,
  title: row.title,
  base_url: row.base_url,
  api: row.serves[0]?.dialect ?? 'openai-chat',
  allow_private_network: row.allow_private_network,
  origin: row.origin,
  active: row.active,
  credential_id: row.credential_id,
  credential_test: testViewOf(row.test, row.tested_at),
  models: row.models,
  timeouts: row.timeouts,
  created_at: row.created_at.toISOString(),
});
