import type { CreateCredential, CredentialTestReply, CredentialView, Page, PageQuery } from '@tollgate/contracts';
import type { Act } from '../audit/current-act.js';
import { noteChange } from '../audit/note-change.js';
import { modelsOfVendor } from '../prices/models-of-vendor.js';
import type { CatalogStore } from '../store/catalog-store.js';
import { putModels } from '../store/put-models.js';
import { putTriedSecret } from '../store/put-provider.js';
import type { Origin, Query } from '../store/session.js';
import { afterOf, pageOfRows } from './cursor.js';
import { assertOwn, notFound } from './refusals.js';
import { type ManagementParts, sealAndTry } from './seal-for-adapters.js';
import { testCredential, testViewOf } from './test-secret.js';
import { storedCredential, testableProvider } from './testable-provider.js';

interface Row extends Omit<CredentialView, 'created_at' | 'origin' | 'test'> {
  readonly origin: Origin;
  readonly test: CredentialTestReply | null;
  readonly tested_at: Date | null;
  readonly created_at: Date;
}

/** Never the sealed text: nobody but the adapters has a use for it. */
const SELECT = `SELECT c.id, c.provider_id, c.name, c.source, c.variable, c.key_id, c.origin, c.created_at, c.test, c.tested_at,
  c.weight, coalesce(p.credential_id = c.id, false) OR c.pooled AS in_use
  FROM catalog.credentials c JOIN catalog.providers p ON p.id = c.provider_id`;

export async function listCredentials(query: Query, page: PageQuery): Promise<Page<CredentialView>> {
  const rows = await query<Row>(`${SELECT} WHERE c.id > $1 ORDER BY c.id LIMIT $2`, [afterOf(page), page.limit + 1]);
  return pageOfRows(rows, page, (row) => row.id, viewOf);
}

export async function createCredential(parts: ManagementParts, act: Act, wish: CreateCredential): Promise<CredentialView> {
  const { store } = parts;
  const testable = await testableProvider(store.query, wish.provider_id);
  if (testable === null) throw notFound('provider');
  const tried = await sealAndTry(parts, testable, wish);
  return store.write(async (session) => {
    const [provider] = await session.query<{ name: string; origin: Origin; prices_id: string | null }>(
      'SELECT name, origin, prices_id FROM catalog.providers WHERE id = $1',
      [wish.provider_id],
    );
    if (provider === undefined) throw notFound('provider');
    // A key of one's own takes the provider over from the environment, which would else put its own back.
    if (provider.origin !== 'environment') assertOwn(provider.origin, `provider ${provider.name}`);
    await putTriedSecret(session, wish.provider_id, wish, tried);
    await session.query(
      `UPDATE catalog.providers SET origin = 'api', active = true,
              auth = CASE WHEN auth->>'type' = 'none' THEN '{"type": "bearer"}'::jsonb ELSE auth END WHERE id = $1`,
      [wish.provider_id],
    );
    if (provider.origin === 'environment') {
      const models = await modelsOfVendor(provider.name, provider.prices_id, session.now);
      await putModels(session, { id: wish.provider_id, name: provider.name }, models, 'api');
    }
    const credential = await readCredential(session.query, tried.id);
    await noteChange(session, act, {
      action: 'credential.created',
      target: targetOf(credential),
      before: null,
      after: auditViewOf(credential),
    });
    return credential;
  });
}

/** Of whoever it is: nothing but the outcome is written. */
export async function tryCredential({ store, transport }: ManagementParts, act: Act, id: string): Promise<CredentialView> {
  const { provider_id } = await readCredential(store.query, id);
  const [testable, stored] = [await testableProvider(store.query, provider_id), await storedCredential(store.query, id)];
  if (testable === null || stored === null) throw notFound('credential');
  const test = await testCredential(transport, testable, stored);
  return store.write(async (session) => {
    await session.query('UPDATE catalog.credentials SET test = $2, tested_at = $3 WHERE id = $1', [
      id,
      JSON.stringify(test),
      session.now,
    ]);
    const credential = await readCredential(session.query, id);
    await noteChange(session, act, {
      action: 'credential.tested',
      target: targetOf(credential),
      before: null,
      after: { outcome: test.outcome },
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
         (SELECT id FROM catalog.credentials WHERE provider_id = $1 ORDER BY pooled DESC, created_at DESC, id DESC LIMIT 1)
        WHERE id = $1 AND credential_id IS NULL`,
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
const auditViewOf = ({ provider_id, name, source, variable, key_id, test }: CredentialView) => ({
  ...{ provider_id, name, source, variable, key_id, test: test?.outcome ?? null },
});

const viewOf = ({ test, tested_at, ...row }: Row): CredentialView => ({
  ...row,
  test: testViewOf(test, tested_at),
  created_at: row.created_at.toISOString(),
});
