import { ollamaBaseUrl } from './ollama-base-url.js';
import type { ProviderRow } from './provider-row.js';
import { PROVIDERS } from './registry.gen.js';

/** A provider that the given environment opens; the shape of `environmentProviders` in AdapterHello. */
export interface EnvironmentProvider {
  readonly provider: string;
  /** Name of the variable that holds the key (or whose `_FILE` names the file); null where no key is needed. */
  readonly variable: string | null;
  /** Another base URL, where the environment gives one. */
  readonly baseUrl: string | null;
}

/**
 * Which providers can be called with the variables of this record, by the names that their own SDKs read. A provider without
 * a key counts where its base URL variable is set. Values never come out, but for base URLs.
 */
export function providersInEnvironment(variables: Readonly<Record<string, string | undefined>>): EnvironmentProvider[] {
  return PROVIDERS.flatMap((row): EnvironmentProvider[] => {
    const variable = row.keyVariables.find((name) => isSet(variables[name]) || isSet(variables[`${name}_FILE`]));
    const baseUrl = baseUrlOf(row, variables);
    if (variable !== undefined) return [{ provider: row.name, variable, baseUrl }];
    return row.auth.type === 'none' && baseUrl !== null ? [{ provider: row.name, variable: null, baseUrl }] : [];
  });
}

const isSet = (text: string | undefined): boolean => text !== undefined && text.trim() !== '';

function baseUrlOf(row: ProviderRow, variables: Readonly<Record<string, string | undefined>>): string | null {
  const text = row.baseUrlVariable === null ? undefined : variables[row.baseUrlVariable.name];
  if (text === undefined || text.trim() === '') return null;
  if (row.baseUrlVariable?.form === 'ollama_host') return ollamaBaseUrl(text);
  const trimmed = text.trim().replace(/\/+$/, '');
  return URL.canParse(trimmed) && ['http:', 'https:'].includes(new URL(trimmed).protocol) ? trimmed : null;
}
