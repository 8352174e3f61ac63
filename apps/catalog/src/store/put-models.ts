import { isDeepStrictEqual } from 'node:util';
import type { Price } from '@tollgate/contracts';
import { TEXT_ONLY } from '../prices/modalities-of-rates.js';
import type { ModelSpec } from './put-provider.js';
import type { Origin, WriteSession } from './session.js';

interface Provider {
  readonly id: string;
  readonly name: string;
}

interface Definition {
  readonly id: string;
  readonly name: string;
  readonly price: Price | null;
}

/**
 * Brings the provider's deployments of this origin to exactly these models: new ones are made, known ones are changed, those
 * of before are switched off (and keep their id, should they come back). A deployment of another owner, and one that only a
 * route names, is left alone.
 */
export async function putModels(
  session: WriteSession,
  provider: Provider,
  models: readonly ModelSpec[],
  origin: Origin,
): Promise<void> {
  const named = models.map((model) => ({ ...model, fullName: `${provider.name}/${model.name ?? model.upstreamModel}` }));
  const definitions = await putDefinitions(session, named);
  await putPrices(session, named, definitions);
  const rows = named.map((model) => ({
    id: session.newId('dep'),
    name: model.fullName,
    model_id: definitions.get(model.fullName)?.id ?? null,
    upstream_model: model.upstreamModel,
    price_override: model.priceOverride,
    listed: model.listed,
    limits: model.limits ?? {},
    weight: model.weight ?? 1,
    timeouts: model.timeouts ?? {},
  }));
  await session.query(
    `INSERT INTO catalog.deployments (id, name, provider_id, model_id, upstream_model, price_override, listed, origin, active, created_at,
                                       limits, weight, timeouts)
     SELECT id, name, $2, model_id, upstream_model, nullif(price_override, 'null'::jsonb), listed, $3, true, $4, limits, weight, timeouts
       FROM jsonb_to_recordset($1::jsonb)
         AS r(id text, name text, model_id text, upstream_model text, price_override jsonb, listed boolean,
                                               limits jsonb, weight integer, timeouts jsonb)
     ON CONFLICT (name) DO UPDATE SET provider_id = excluded.provider_id, model_id = excluded.model_id,
       upstream_model = excluded.upstream_model, price_override = excluded.price_override, origin = excluded.origin, active = true,
       listed = CASE WHEN ${CHANGED_BY_HAND} THEN catalog.deployments.listed ELSE excluded.listed END,
       limits = CASE WHEN excluded.origin = 'file' THEN excluded.limits ELSE catalog.deployments.limits END,
       weight = CASE WHEN excluded.origin = 'file' THEN excluded.weight ELSE catalog.deployments.weight END,
       timeouts = CASE WHEN excluded.origin = 'file' THEN excluded.timeouts ELSE catalog.deployments.timeouts END
     WHERE NOT (catalog.deployments.by_hand AND excluded.origin = 'api')
       AND (catalog.deployments.origin = excluded.origin OR catalog.deployments.origin NOT IN ('file', 'api') OR NOT catalog.deployments.active)`,
    [JSON.stringify(rows), provider.id, origin, session.now],
  );
  await session.query(
    `UPDATE catalog.deployments SET active = false
      WHERE provider_id = $1 AND origin = $2 AND active AND NOT by_hand AND NOT (name = ANY($3)) AND (model_id IS NOT NULL OR upstream_model = '*')`,
    [provider.id, origin, rows.map((row) => row.name)],
  );
}

/** The table does not take back what an administrator has said since. */
const CHANGED_BY_HAND = `excluded.origin = 'api' AND catalog.deployments.active AND catalog.deployments.revision > 1`;

type NamedModel = ModelSpec & { readonly fullName: string };

/** A wildcard has no definition: nothing is known of what it stands for. */
const isDefined = (model: NamedModel): boolean => model.upstreamModel !== '*';

async function putDefinitions(session: WriteSession, models: readonly NamedModel[]): Promise<ReadonlyMap<string, Definition>> {
  const rows = models.filter(isDefined).map((model) => ({
    id: session.newId('model'),
    name: model.fullName,
    title: model.title,
    context_tokens: model.contextTokens,
    max_output_tokens: model.maxOutputTokens,
    capabilities: model.capabilities,
    modalities: model.modalities ?? TEXT_ONLY,
    deprecated: model.deprecated,
  }));
  await session.query(
    `INSERT INTO catalog.model_definitions (id, name, title, context_tokens, max_output_tokens, capabilities, modalities, parameters,
                                            deprecated, created_at)
     SELECT id, name, title, context_tokens, max_output_tokens, capabilities, modalities, '{}', deprecated, $2
       FROM jsonb_to_recordset($1::jsonb) AS r(id text, name text, title text, context_tokens integer, max_output_tokens integer,
                                               capabilities jsonb, modalities jsonb, deprecated boolean)
     ON CONFLICT (name) DO UPDATE SET title = excluded.title, context_tokens = excluded.context_tokens,
       max_output_tokens = excluded.max_output_tokens, capabilities = excluded.capabilities,
       modalities = excluded.modalities, deprecated = excluded.deprecated`,
    [JSON.stringify(rows), session.now],
  );
  const found = await session.query<Definition>(
    `SELECT m.id, m.name, current.price FROM catalog.model_definitions m
       LEFT JOIN LATERAL (SELECT price FROM catalog.model_prices WHERE model_id = m.id AND effective_from <= $2
                           ORDER BY effective_from DESC, id DESC LIMIT 1) current ON true
      WHERE m.name = ANY($1)`,
    [rows.map((row) => row.name), session.now],
  );
  return new Map(found.map((definition) => [definition.name, definition]));
}

/** Prices are dated and never overwritten: another price is another row, in force from now on. */
async function putPrices(
  session: WriteSession,
  models: readonly NamedModel[],
  definitions: ReadonlyMap<string, Definition>,
): Promise<void> {
  const rows = models.flatMap((model) => {
    const definition = definitions.get(model.fullName);
    if (definition === undefined || model.price === null || isDeepStrictEqual(definition.price, model.price)) return [];
    return [{ id: session.newId('price'), model_id: definition.id, price: model.price }];
  });
  if (rows.length === 0) return;
  await session.query(
    `INSERT INTO catalog.model_prices (id, model_id, effective_from, price, created_at)
     SELECT id, model_id, $2, price, $2 FROM jsonb_to_recordset($1::jsonb) AS r(id text, model_id text, price jsonb)`,
    [JSON.stringify(rows), session.now],
  );
}
