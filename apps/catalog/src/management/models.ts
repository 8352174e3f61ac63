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
const SELECT = `SELECT d.id, d.name, coalesce(m.title, d.name) AS title, p.name AS provider, d.upstream_model,
    m.name AS definition, m.context_tokens,
    m.max_output_tokens, coalesce(m.capabilities, '["chat"]') AS capabilities, coalesce(m.deprecated, false) AS deprecated,
    coalesce(m.modalities, '{"input": ["text"], "output": ["text"]}') AS modalities, d.limits, d.weight, d.timeouts,
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
        AND ($7::boolean IS NULL OR $7 = (${PRICE_NOW} IS NULL))
      ORDER BY d.name LIMIT $6`,
    [now, afterOf(wish), wish.unlisted, wish.provider ?? null, wish.search ?? null, wish.limit + 1, wish.unpriced ?? null],
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
    const definitionId =
      wish.definition === undefined ? await putDefinition(session, name, wish) : await definitionOf(session, wish);
    // One that only a route has named so far has no definition: it becomes this one, and keeps its id.
    const [made] = await session.query<{ id: string }>(
      `INSERT INTO catalog.deployments (id, name, provider_id, model_id, upstream_model, credential_id, region, listed, origin, active, created_at,
                                         limits, weight, timeouts, by_hand)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'api', true, $9, $10, $11, $12, true)
       ON CONFLICT (name) DO UPDATE SET model_id = excluded.model_id, upstream_model = excluded.upstream_model,
         credential_id = excluded.credential_id, region = excluded.region, listed = excluded.listed, origin = 'api', active = true,
         limits = excluded.limits, weight = excluded.weight, timeouts = excluded.timeouts, by_hand = true,
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
        JSON.stringify(wish.limits),
        wish.weight,
        JSON.stringify(wish.timeouts),
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
    // What many stand for is not changed through one of them.
    const shares = before.definition !== null && before.definition !== before.name;
    if (shares) assertOwnFacts(patch, before.definition ?? '');
    const definitionId = shares ? null : await putDefinition(session, before.name, wish);
    await session.query(
      `UPDATE catalog.deployments SET model_id = coalesce($2, model_id), credential_id = $3, region = $4, listed = $5,
         limits = $6, weight = $7, timeouts = $8, revision = revision + 1 WHERE id = $1`,
      [
        id,
        definitionId,
        wish.credential_id,
        wish.region,
        wish.listed,
        JSON.stringify(wish.limits),
        wish.weight,
        JSON.stringify(wish.timeouts),
      ],
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

/** Facts that belong to a definition. */
const FACTS = ['title', 'context_tokens', 'max_output_tokens'] as const;

function assertOwnFacts(patch: ChangeModel, definition: string): void {
  const wrong = FACTS.filter((name) => patch[name] !== undefined);
  if (wrong.length === 0) return;
  throw new InvalidFieldsError(
    wrong.map((name) => ({ pointer: `/${name}`, detail: `is said by ${definition}, of which this is a deployment` })),
  );
}

async function definitionOf(session: WriteSession, wish: CreateModel): Promise<string> {
  const [row] = await session.query<{ id: string }>('SELECT id FROM catalog.model_definitions WHERE name = $1', [
    wish.definition,
  ]);
  if (row === undefined) throw new InvalidFieldsError([{ pointer: '/definition', detail: 'names no model that is known' }]);
  const said = { ...(wish.title === undefined ? {} : { title: wish.title }) };
  const numbers = {
    ...(wish.context_tokens === null ? {} : { context_tokens: wish.context_tokens }),
    ...(wish.max_output_tokens === null ? {} : { max_output_tokens: wish.max_output_tokens }),
  };
  assertOwnFacts({ ...said, ...numbers }, wish.definition ?? '');
  return row.id;
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
  ...{ definition: model.definition, limits: model.limits, weight: model.weight, timeouts: model.timeouts },
});

const viewOf = (row: Row): ModelView & { readonly origin: Origin } => ({
  ...row,
  price: row.price === null ? null : priceView(row.price),
  created_at: row.created_at.toISOString(),
});
