import { fail, ok, type Result } from '@tollgate/kernel';
import { ollamaBaseUrl } from './ollama-base-url.js';
import type { ProviderRow } from './provider-row.js';

/** Where and how a provider is reached, its settings put in; `{model}` alone is left for the adapter. */
export type PlacedProvider = Pick<ProviderRow, 'baseUrl' | 'auth' | 'serves' | 'check'>;

export interface PlaceProblem {
  /** The setting that is wrong or missing; null = the base URL. */
  readonly setting: string | null;
  /** Fits after its name: "is missing: expected ...". */
  readonly message: string;
}

export interface PlaceWish {
  /** In place of the row's. */
  readonly baseUrl?: string | null;
  readonly settings?: Readonly<Record<string, string>>;
}

const HOLE = /\{([a-z_]+)\}/g;
/** Filled per deployment. */
const MODEL = 'model';

/** Puts an operator's settings into a row. Only those that its URLs need are asked for; one that the row does not have is a problem. */
export function placeProvider(row: ProviderRow, wish: PlaceWish): Result<PlacedProvider, readonly PlaceProblem[]> {
  const given = wish.settings ?? {};
  const problems: PlaceProblem[] = [];
  const known = new Map(row.settings.map((setting) => [setting.name, setting]));
  for (const name of Object.keys(given)) {
    if (!known.has(name)) problems.push({ setting: name, message: `is not a setting of ${row.name}${namesOf(row)}` });
  }
  const own = ownBaseUrl(row, wish.baseUrl ?? null);
  if (own === undefined) problems.push({ setting: null, message: 'is not an address of such a provider' });
  const values = new Map<string, string>();
  for (const name of neededSettings(row, own != null)) {
    const setting = known.get(name);
    const value = Object.hasOwn(given, name) ? given[name] : setting?.fallback;
    if (setting === undefined || value == null) {
      problems.push({ setting: name, message: `is missing: expected ${setting?.expected ?? 'a setting that the row declares'}` });
    } else if (!new RegExp(`^(?:${setting.pattern})$`).test(value)) {
      problems.push({ setting: name, message: `is not usable: expected ${setting.expected}` });
    } else values.set(name, value);
  }
  if (problems.length > 0) return fail(problems);
  const fill = (text: string): string => text.replace(HOLE, (hole, name: string) => values.get(name) ?? hole);
  return ok({
    baseUrl: own ?? fill(baseUrlTemplate(row, values)),
    auth: row.auth.type === 'sigv4' ? { ...row.auth, region: fill(row.auth.region) } : row.auth,
    serves: row.serves.map((served) => ({
      ...served,
      path: fill(served.path),
      ...(served.streamPath === undefined ? {} : { streamPath: fill(served.streamPath) }),
    })),
    check: row.check === null ? null : { ...row.check, path: fill(row.check.path) },
  });
}

/** Names of the settings without which the row cannot be called. */
export function neededSettings(row: ProviderRow, hasOwnBaseUrl: boolean): readonly string[] {
  const templates = [
    ...(hasOwnBaseUrl ? [] : [row.baseUrl]),
    ...(hasOwnBaseUrl || row.baseUrlBySetting === undefined ? [] : [`{${row.baseUrlBySetting.setting}}`]),
    ...(row.auth.type === 'sigv4' ? [row.auth.region] : []),
    ...row.serves.flatMap(({ path, streamPath }) => [path, streamPath ?? '']),
    row.check?.path ?? '',
  ];
  const names = templates.flatMap((text) => [...text.matchAll(HOLE)].map((found) => found[1] as string));
  return [...new Set(names)].filter((name) => name !== MODEL);
}

function baseUrlTemplate(row: ProviderRow, values: ReadonlyMap<string, string>): string {
  const special = row.baseUrlBySetting;
  return special?.values[values.get(special.setting) ?? ''] ?? row.baseUrl;
}

/** null = the row's own, undefined = what was given cannot be one. */
function ownBaseUrl(row: ProviderRow, text: string | null): string | null | undefined {
  if (text === null) return null;
  if (row.baseUrlVariable?.form === 'ollama_host') return ollamaBaseUrl(text) ?? undefined;
  return text.trim().replace(/\/+$/, '');
}

const namesOf = (row: ProviderRow): string =>
  row.settings.length === 0 ? ', which has none' : `, which has ${row.settings.map(({ name }) => name).join(' and ')}`;
