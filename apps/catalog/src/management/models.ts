import type { ChangeModel, CreateModel, ListModelsQuery, ModelView, Page, Price } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { InvalidFieldsError } from '@tollgate/nest';
import type { Act } from '../audit/current-act.js';
import { noteChange } from '../audit/note-change.js';
import type { CatalogStore } from '../store/catalog-store.js';
import { insertPrice } from '../store/insert-price.js';
import { joinPrices, PRICE_NOW } from '../store/price-now.js';
import type { Origin, Query, WriteSession } from '../store/session.js';
import { afterOf, pageOfRows } from './cursor.js';
import { priceView } from './price-view.js';
import { assertOwn, assertUnchanged, notFound } from './refusals.js';

interface Row extends Omit<ModelView, 'price' | 'created_at' | 'origin'> {
  readonly origin: Origin;
  readonly price: Price | null;
  readonly created_at: Date;
}

/** `$1` is the time whose prices are meant. */
const SELECT = `SELECT d.id, d.name, coalesce(m.title, d.name) AS title, p.name AS provider, d.upstream_model, m.context_tokens,
    m.max_output_tokens, coalesce(m.capabilities, '["chat"]') AS capabilities, coalesce(m.deprecated, false) AS deprecated,
    d.credential_id, d.region, d.listed, ${PRICE_NOW} AS price, d.origin, d.created_at, d.revision
  FROM catalog.deployments d
  JOIN catalog.providers p ON p.id = d.provider_id AND p.active
  LEFT JOIN catalog.model_definitions m ON m.id = d.model_id
  ${joinPrices('$1')}`;

/** What can be called now. The search compares text with text: no pattern reaches the database. */
export async function listModels(query: Query, wish: ListModelsQuery, now: Date): Promise<Page<ModelView>> {
  const rows = await query<Row>(
    `${SELECT}
      WHERE d.active AND coalesce(d.credential_id, p.credential_id) IS NOT NULL AND d.name > $2 AND (d.listed OR $3)
        AND ($4::text IS NULL OR p.name = $4)
        AND ($5::text IS NULL OR position(lower($5) IN lower(d.name)) > 0 OR position(lower($5) IN lower(m.title)) > 0)
      ORDER BY d.name LIMIT $6`,
    [now, afterOf(wish), wish.unlisted, wish.provider ?? null, wish.search ?? null, wish.limit + 1],
  );
  return pageOfRows(rows, wish, (row) => row.name, viewOf);
}

/** Also one whose provider has no credential yet. */
export async function readModel(query: Query, id: string, now: Date): Promise<ModelView & { readonly origin: Origin }> {
  const [row] = await query<Row>(`${SELECT} WHERE d.active AND d.id = $2`, [now, id]);
  if (row === undefined) throw notFound('model');
  return viewOf(row);
}

export function createModel(store: CatalogStore, act: Act, wish: CreateModel): Promise<ModelView> {
  return store.write(async (session) => {
    const [provider] = await session.query<{ id: string }>('SELECT id FROM catalog.providers WHERE name = $1', [wish.provider]);
    if (provider === undefined) throw new InvalidFieldsError([{ pointer: '/provider', detail: 'names no provider' }]);
    await assertCredential(session, provider.id, wish.credential_id);
    const name = `${wish.provider}/${wish.name ?? wish.upstream_model}`;
    const definitionId = await putDefinition(session, name, wish);
    // One that only a route has named so far has no definition: it becomes this one, and keeps its id.
    const [made] = await session.query<{ id: string }>(
      `INSERT INTO catalog.deployments (id, name, provider_id, model_id, upstream_model, credential_id, region, listed, origin, active, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'api', true, $9)
       ON CONFLICT (name) DO UPDATE SET model_id = excluded.model_id, upstream_model = excluded.upstream_model,
         credential_id = excluded.credential_id, region = excluded.region, listed = excluded.listed, origin = 'api', active = true,
         revision = catalog.deployments.revision + 1
       WHERE NOT catalog.deployments.active OR catalog.deployments.model_id IS NULL AND catalog.deployments.origin = 'api'
       RETURNING id`,
      [
        session.newId('dep'),
        name,
        provider.id,
        definitionId,
        wish.upstream_model,
        wish.credential_id,
        wish.region,
        wish.listed,
        session.now,
      ],
    );
    if (made === undefined) throw new TollgateError('conflict', `There is a model ${name} already.`);
    if (wish.price !== null) await insertPrice(session, made.id, { price: wish.price });
    const model = await readModel(session.query, made.id, session.now);
    await noteChange(session, act, { action: 'model.created', target: targetOf(model), before: null, after: auditViewOf(model) });
    return model;
  });
}

export function changeModel(store: CatalogStore, act: Act, id: string, patch: ChangeModel): Promise<ModelView> {
  return store.write(async (session) => {
    const before = await readModel(session.query, id, session.now);
    assertUnchanged(act, before);
    assertOwn(before.origin, `model ${before.name}`);
    const wish = { ...before, ...patch };
    const [row] = await session.query<{ provider_id: string }>('SELECT provider_id FROM catalog.deployments WHERE id = $1', [id]);
    await assertCredential(session, row?.provider_id ?? '', wish.credential_id);
    const definitionId = await putDefinition(session, before.name, wish);
    await session.query(
      `UPDATE catalog.deployments SET model_id = $2, credential_id = $3, region = $4, listed = $5, revision = revision + 1 WHERE id = $1`,
      [id, definitionId, wish.credential_id, wish.region, wish.listed],
    );
    const after = await readModel(session.query, id, session.now);
    const change = { before: auditViewOf(before), after: auditViewOf(after) };
    await noteChange(session, act, { action: 'model.changed', target: targetOf(after), ...change });
    return after;
  });
}

export function deleteModel(store: CatalogStore, act: Act, id: string): Promise<void> {
  return store.write(async (session) => {
    const model = await readModel(session.query, id, session.now);
    assertUnchanged(act, model);
    assertOwn(model.origin, `model ${model.name}`);
    await session.query('DELETE FROM catalog.deployments WHERE id = $1', [id]);
    await noteChange(session, act, { action: 'model.deleted', target: targetOf(model), before: auditViewOf(model), after: null });
  });
}

/** Of a name that belongs to this model alone, or did before: names of models are unique. */
async function putDefinition(
  session: WriteSession,
  name: string,
  wish: Pick<CreateModel, 'title' | 'context_tokens' | 'max_output_tokens'>,
): Promise<string> {
  const [row] = await session.query<{ id: string }>(
    `INSERT INTO catalog.model_definitions (id, name, title, context_tokens, max_output_tokens, capabilities, modalities, parameters,
                                            deprecated, created_at)
     VALUES ($1, $2, $3, $4, $5, '["chat"]', '{"input": ["text"], "output": ["text"]}', '{}', false, $6)
     ON CONFLICT (name) DO UPDATE SET title = excluded.title, context_tokens = excluded.context_tokens,
       max_output_tokens = excluded.max_output_tokens
     RETURNING id`,
    [session.newId('model'), name, wish.title ?? name, wish.context_tokens, wish.max_output_tokens, session.now],
  );
  return (row as { id: string }).id;
}

async function assertCredential(session: WriteSession, providerId: string, credentialId: string | null): Promise<void> {
  if (credentialId === null) return;
  const found = await session.query('SELECT 1 FROM catalog.credentials WHERE id = $1 AND provider_id = $2', [
    credentialId,
    providerId,
  ]);
  if (found.length === 0) {
    throw new InvalidFieldsError([{ pointer: '/credential_id', detail: 'is no credential of that provider' }]);
  }
}

const targetOf = ({ id, name }: ModelView) => ({ type: 'model', id, name });
const auditViewOf = ({ name, title, upstream_model, context_tokens, max_output_tokens, ...model }: ModelView) => ({
  ...{ name, title, upstream_model, context_tokens, max_output_tokens },
  ...{ credential_id: model.credential_id, region: model.region, listed: model.listed },
});

const viewOf = (row: Row): ModelView & { readonly origin: Origin } => ({
  ...row,
  price: row.price === null ? null : priceView(row.price),
  created_at: row.created_at.toISOString(),
});
