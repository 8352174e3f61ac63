import type { CreateCredential, CredentialView, Page, PageQuery } from '@tollgate/contracts';
import type { Act } from '../audit/current-act.js';
import { noteChange } from '../audit/note-change.js';
import { modelsOfVendor } from '../prices/models-of-vendor.js';
import type { CatalogStore } from '../store/catalog-store.js';
import { putModels } from '../store/put-models.js';
import { putCredential } from '../store/put-provider.js';
import type { Origin, Query } from '../store/session.js';
import { afterOf, pageOfRows } from './cursor.js';
import { assertOwn, notFound } from './refusals.js';
import { sealForAdapters } from './seal-for-adapters.js';

interface Row extends Omit<CredentialView, 'created_at' | 'origin'> {
  readonly origin: Origin;
  readonly created_at: Date;
}

/** Never the sealed text: nobody but the adapters has a use for it. */
const SELECT = `SELECT c.id, c.provider_id, c.name, c.source, c.variable, c.key_id, c.origin, c.created_at,
  coalesce(p.credential_id = c.id, false) AS in_use
  FROM catalog.credentials c JOIN catalog.providers p ON p.id = c.provider_id`;

export async function listCredentials(query: Query, page: PageQuery): Promise<Page<CredentialView>> {
  const rows = await query<Row>(`${SELECT} WHERE c.id > $1 ORDER BY c.id LIMIT $2`, [afterOf(page), page.limit + 1]);
  return pageOfRows(rows, page, (row) => row.id, viewOf);
}

export function createCredential(store: CatalogStore, act: Act, wish: CreateCredential): Promise<CredentialView> {
  return store.write(async (session) => {
    const [provider] = await session.query<{ name: string; origin: Origin; prices_id: string | null }>(
      'SELECT name, origin, prices_id FROM catalog.providers WHERE id = $1',
      [wish.provider_id],
    );
    if (provider === undefined) throw notFound('provider');
    // A key of one's own takes the provider over from the environment, which would else put its own back.
    if (provider.origin !== 'environment') assertOwn(provider.origin, `provider ${provider.name}`);
    const spec = await sealForAdapters(session.query, wish.secret);
    const id = await putCredential(session, wish.provider_id, wish.name, spec, 'api');
    await session.query(
      `UPDATE catalog.providers SET origin = 'api', active = true,
              auth = CASE WHEN auth->>'type' = 'none' THEN '{"type": "bearer"}'::jsonb ELSE auth END WHERE id = $1`,
      [wish.provider_id],
    );
    if (provider.origin === 'environment') {
      const models = await modelsOfVendor(provider.name, provider.prices_id, session.now);
      await putModels(session, { id: wish.provider_id, name: provider.name }, models, 'api');
    }
    const credential = await readCredential(session.query, id);
    await noteChange(session, act, {
      action: 'credential.created',
      target: targetOf(credential),
      before: null,
      after: auditViewOf(credential),
    });
    return credential;
  });
}

export function deleteCredential(store: CatalogStore, act: Act, id: string): Promise<void> {
  return store.write(async (session) => {
    const credential = await readCredential(session.query, id);
    const { origin, name, provider_id, in_use } = credential;
    assertOwn(origin, `credential ${name}`);
    await session.query('DELETE FROM catalog.credentials WHERE id = $1', [id]);
    await noteChange(session, act, {
      action: 'credential.deleted',
      target: targetOf(credential),
      before: auditViewOf(credential),
      after: null,
    });
    if (!in_use) return;
    await session.query(
      `UPDATE catalog.providers SET credential_id =
         (SELECT id FROM catalog.credentials WHERE provider_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1) WHERE id = $1`,
      [provider_id],
    );
  });
}

async function readCredential(query: Query, id: string): Promise<CredentialView> {
  const [row] = await query<Row>(`${SELECT} WHERE c.id = $1`, [id]);
  if (row === undefined) throw notFound('credential');
  return viewOf(row);
}

const targetOf = ({ id, name }: CredentialView) => ({ type: 'credential', id, name });
/** The sealed text is not among what is read. */
const auditViewOf = ({ provider_id, name, source, variable, key_id }: CredentialView) => ({
  ...{ provider_id, name, source, variable, key_id },
});

const viewOf = (row: Row): CredentialView => ({ ...row, created_at: row.created_at.toISOString() });
