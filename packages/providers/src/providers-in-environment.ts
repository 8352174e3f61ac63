import { ollamaBaseUrl } from './ollama-base-url.js';
import { placeProvider } from './place-provider.js';
import type { ProviderRow } from './provider-row.js';
import { PROVIDERS } from './registry.gen.js';

/** A provider that the given environment opens; the shape of `environmentProviders` in AdapterHello. */
export interface EnvironmentProvider {
  readonly provider: string;
  /** Name of the variable that holds the key (or whose `_FILE` names the file); null where no key is needed. */
  readonly variable: string | null;
  /** Another base URL, where the environment gives one. */
  readonly baseUrl: string | null;
  /** Settings of the row that the environment gives: regions, projects, nothing secret. */
  readonly settings?: Readonly<Record<string, string>>;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Which providers can be called with the variables of this record, by the names that their own SDKs read. A provider without
 * a key counts where its base URL variable is set; one with settings where all that it needs are there. Keys never come out.
 */
export function providersInEnvironment(variables: Variables): EnvironmentProvider[] {
  return PROVIDERS.flatMap((row): EnvironmentProvider[] => {
    const variable = row.keyVariables.find((name) => isSet(variables[name]) || isSet(variables[`${name}_FILE`])) ?? null;
    const baseUrl = baseUrlOf(row, variables);
    if (variable === null && (row.auth.type !== 'none' || baseUrl === null)) return [];
    const settings = settingsOf(row, variables);
    if (!placeProvider(row, { baseUrl, settings }).ok) return [];
    const found = { provider: row.name, variable, baseUrl };
    return [Object.keys(settings).length === 0 ? found : { ...found, settings }];
  });
}

const isSet = (text: string | undefined): boolean => text !== undefined && text.trim() !== '';

function settingsOf(row: ProviderRow, variables: Variables): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const { name, variables: names } of row.settings) {
    const set = names.find((variable) => isSet(variables[variable]));
    if (set !== undefined) settings[name] = (variables[set] as string).trim();
  }
  return settings;
}

function baseUrlOf(row: ProviderRow, variables: Variables): string | null {
  const text = row.baseUrlVariable === null ? undefined : variables[row.baseUrlVariable.name];
  if (text === undefined || text.trim() === '') return null;
  if (row.baseUrlVariable?.form === 'ollama_host') return ollamaBaseUrl(text);
  const trimmed = text.trim().replace(/\/+$/, '');
  return URL.canParse(trimmed) && ['http:', 'https:'].includes(new URL(trimmed).protocol) ? trimmed : null;
}
