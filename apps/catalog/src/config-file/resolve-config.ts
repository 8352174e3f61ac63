import type { Price } from '@tollgate/contracts';
import { ok, type Result } from '@tollgate/kernel';
import { isPrivateUrl } from '@tollgate/policy';
import { findProvider, type PlaceProblem } from '@tollgate/providers';
import { decimalOf } from '../prices/decimal-of.js';
import { demoModels } from '../prices/demo-models.js';
import { modelsOfVendor } from '../prices/models-of-vendor.js';
import { specOfRow } from '../registration/spec-of-row.js';
import { UNKNOWN_CHECK } from '../registration/unknown-check.js';
import type { ModelSpec, ProviderSpec } from '../store/put-provider.js';
import { DEFAULT_MAX_ATTEMPTS, DEFAULT_TIMEOUTS } from '../views/route-defaults.js';
import type { ConfigProblem, ConfigReading } from './read-config.js';
import type { FileModel, FileProvider, FileRoute, PriceOverride } from './schema.js';

type GoodReading = Extract<ConfigReading, { ok: true }>;

/** Where the file's provider gets its key: from a variable of the adapters, out of the file itself, or it needs none. */
export type FileCredential =
  | { readonly source: 'none' }
  | { readonly source: 'environment'; readonly variable: string }
  | { readonly source: 'literal'; readonly secret: string };

export interface FileKey {
  readonly credential: FileCredential;
  readonly weight: number;
}

export interface ResolvedProvider {
  readonly spec: ProviderSpec;
  /** Its keys, the first of which is its own where there are several. */
  readonly keys: readonly FileKey[];
  readonly models: readonly ModelSpec[];
}
export interface ResolvedRoute {
  readonly model: string;
  readonly targets: FileRoute['targets'];
  readonly strategy: FileRoute['strategy'];
  readonly fallbacks: FileRoute['fallbacks'];
  readonly maxAttempts: number;
  readonly timeouts: typeof DEFAULT_TIMEOUTS;
  readonly listed: boolean;
}
export interface ResolvedConfig {
  readonly providers: readonly ResolvedProvider[];
  readonly routes: readonly ResolvedRoute[];
  readonly warnings: readonly ConfigProblem[];
}
export type Resolution =
  | { readonly ok: true; readonly config: ResolvedConfig }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

const REFERENCE = /^(?:\$\{([A-Za-z_][A-Za-z0-9_]*)\}|os\.environ\/([A-Za-z_][A-Za-z0-9_]*))$/;

/** As {@link REFERENCE}, but the braced form may stand anywhere in the text. */
const VARIABLES = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}|^os\.environ\/([A-Za-z_][A-Za-z0-9_]*)$/g;

/** Turns the file into what the catalogue stores; finds what a schema cannot: unknown vendors without an address, dangling models. */
export async function resolveConfig(
  reading: GoodReading,
  variables: Readonly<Record<string, string | undefined>>,
  now: Date,
): Promise<Resolution> {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const { content, placeOf } = reading;
  const note = (list: ConfigProblem[], path: readonly PropertyKey[], message: string): void => {
    list.push({ ...placeOf(path), message: `${path.map(String).join('.')}: ${message}` });
  };
  const byProvider = new Map<string, [string, FileModel][]>();
  for (const [fullName, model] of Object.entries(content.models)) {
    const provider = fullName.slice(0, fullName.indexOf('/'));
    if (content.providers[provider] === undefined)
      note(problems, ['models', fullName], `the file declares no provider ${provider}`);
    byProvider.set(provider, [...(byProvider.get(provider) ?? []), [fullName.slice(provider.length + 1), model]]);
  }
  const providers: ResolvedProvider[] = [];
  for (const [name, provider] of Object.entries(content.providers)) {
    const path = ['providers', name];
    const row = findProvider(name);
    const baseUrl = interpolated(provider.base_url, variables);
    if (baseUrl === null) note(problems, [...path, 'base_url'], 'names a variable that is not set');
    else if (baseUrl !== undefined && !isHttpUrl(baseUrl))
      note(
        problems,
        [...path, 'base_url'],
        'must be a URL that starts with http:// or https://, without a user, query or fragment',
      );
    else if (baseUrl === undefined && row === undefined)
      note(problems, path, 'is not a provider that Tollgate knows: it needs a base_url');
    else {
      const keys = keysOf(provider, row?.auth.type === 'none', row?.keyVariables[0]);
      for (const [i, { credential }] of keys.entries()) {
        if (credential.source !== 'literal') continue;
        note(
          warnings,
          [...path, ...(provider.credentials === undefined ? ['credential'] : ['credentials', i, 'credential'])],
          'is written in the file; it is stored sealed, but better kept in a variable of the provider adapters',
        );
      }
      const spec = specOf(name, provider, baseUrl, interpolatedAll(provider.settings, variables));
      if (spec.ok && !spec.value.allowPrivateNetwork && isPrivateUrl(spec.value.baseUrl)) {
        note(problems, [...path, 'base_url'], 'is not on the public internet: set allow_private_network: true if it is meant');
      } else if (spec.ok)
        providers.push({ spec: spec.value, keys, models: await modelsOf(spec.value, byProvider.get(name) ?? [], now) });
      else {
        for (const { setting, message } of spec.error) {
          note(problems, [...path, ...(setting === null ? ['base_url'] : ['settings', setting])], message);
        }
      }
    }
  }
  const routes = Object.entries(content.routes).map(([model, route]) => routeOf(model, route));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config: { providers, routes, warnings } };
}

function specOf(
  name: string,
  provider: FileProvider,
  baseUrl: string | undefined,
  settings: Readonly<Record<string, string>>,
): Result<ProviderSpec, readonly PlaceProblem[]> {
  const row = findProvider(name);
  const base =
    row !== undefined
      ? specOfRow(row, 'file', { baseUrl: baseUrl ?? null, settings, secret: hasKey(provider) })
      : ok(unknownSpec(name, provider, baseUrl as string));
  if (!base.ok) return base;
  return ok({
    ...base.value,
    title: provider.title ?? base.value.title,
    headers: { ...base.value.headers, ...provider.headers },
    allowPrivateNetwork: base.value.allowPrivateNetwork || provider.allow_private_network,
    timeouts: provider.timeouts,
  });
}

const unknownSpec = (name: string, provider: FileProvider, baseUrl: string): ProviderSpec => ({
  name,
  title: name,
  baseUrl: baseUrl.replace(/\/+$/, ''),
  auth: !hasKey(provider) ? { type: 'none' } : { type: 'bearer' },
  serves: [{ endpoint: 'chat.completions', dialect: 'openai-chat', path: '/chat/completions' }],
  headers: {},
  quirks: [],
  check: UNKNOWN_CHECK,
  allowPrivateNetwork: false,
  pricesId: null,
  origin: 'file',
});

/** A setting whose variable is not set is left out, so that it is found missing by its own name. */
function interpolatedAll(
  settings: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const entries = Object.entries(settings).map(([name, text]) => [name, interpolated(text, variables)] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

const hasKey = ({ credential, credentials }: FileProvider): boolean => credential !== undefined || credentials !== undefined;

function keysOf({ credential, credentials }: FileProvider, needsNone: boolean, usual: string | undefined): FileKey[] {
  if (credentials !== undefined)
    return credentials.map((key) => ({ credential: credentialOf(key.credential), weight: key.weight }));
  if (credential !== undefined) return [{ credential: credentialOf(credential), weight: 1 }];
  const own =
    needsNone || usual === undefined ? ({ source: 'none' } as const) : ({ source: 'environment', variable: usual } as const);
  return [{ credential: own, weight: 1 }];
}

function credentialOf(text: string): FileCredential {
  const match = REFERENCE.exec(text);
  const variable = match?.[1] ?? match?.[2];
  return variable === undefined ? { source: 'literal', secret: text } : { source: 'environment', variable };
}

/** What is known of the vendor, with the file's own models over it. */
async function modelsOf(spec: ProviderSpec, own: readonly (readonly [string, FileModel])[], now: Date): Promise<ModelSpec[]> {
  const known = spec.name === 'demo' ? demoModels() : await modelsOfVendor(spec.name, spec.pricesId, now);
  const byName = new Map(known.map((model) => [model.name ?? model.upstreamModel, model]));
  for (const [name, model] of own) {
    const before = byName.get(name) ?? byName.get(model.upstream_model ?? '');
    byName.set(name, {
      upstreamModel: model.upstream_model ?? name,
      name,
      title: before?.title ?? name,
      contextTokens: model.context_tokens ?? before?.contextTokens ?? null,
      maxOutputTokens: model.max_output_tokens ?? before?.maxOutputTokens ?? null,
      capabilities: ['chat'],
      deprecated: before?.deprecated ?? false,
      listed: model.listed,
      price: before?.price ?? null,
      priceOverride: model.price === undefined ? null : priceOf(model.price),
      limits: model.limits,
      weight: model.weight,
      timeouts: model.timeouts,
    });
  }
  return [...byName.values()];
}

function priceOf(price: PriceOverride): Price {
  const text = (rate: string | number): string => (typeof rate === 'number' ? decimalOf(rate) : rate);
  const optional = (rate: string | number | undefined): string | null => (rate === undefined ? null : text(rate));
  return {
    source: 'file',
    currency: price.currency,
    input: text(price.input),
    output: text(price.output),
    cacheRead: optional(price.cache_read),
    cacheWrite: optional(price.cache_write),
    inputAudio: optional(price.input_audio),
    outputAudio: optional(price.output_audio),
    tiers: [],
    perRequest: optional(price.per_request),
  };
}

const routeOf = (model: string, route: FileRoute): ResolvedRoute => ({
  model,
  targets: route.targets,
  strategy: route.strategy,
  fallbacks: route.fallbacks,
  maxAttempts:
    route.retries === undefined ? Math.max(DEFAULT_MAX_ATTEMPTS, Math.min(route.targets.length, 10)) : route.retries + 1,
  timeouts: {
    connectMs: route.timeouts.connect_ms ?? DEFAULT_TIMEOUTS.connectMs,
    firstByteMs: route.timeouts.first_byte_ms ?? DEFAULT_TIMEOUTS.firstByteMs,
    idleMs: route.timeouts.idle_ms ?? DEFAULT_TIMEOUTS.idleMs,
    totalMs: route.timeouts.total_ms ?? DEFAULT_TIMEOUTS.totalMs,
  },
  listed: route.listed,
});

/** The text with its `${NAME}` put in; null where one of them is not set. */
function interpolated(
  text: string | undefined,
  variables: Readonly<Record<string, string | undefined>>,
): string | null | undefined {
  if (text === undefined) return undefined;
  let missing = false;
  const whole = text.replace(VARIABLES, (_, braced: string | undefined, bare: string | undefined) => {
    const value = variables[braced ?? bare ?? ''];
    missing ||= value === undefined || value === '';
    return value ?? '';
  });
  return missing ? null : whole;
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && [username, password, search, hash].every((part) => part === '');
}
