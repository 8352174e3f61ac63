import type { ProviderRow } from './provider-row.js';

/** Every variable that opens, places or sets a provider, each once: what the adapters read of their environment for them. */
export const providerVariables = (rows: readonly ProviderRow[]): readonly string[] => [
  ...new Set(
    rows.flatMap((row) => [
      ...row.keyVariables,
      ...(row.baseUrlVariable === null ? [] : [row.baseUrlVariable.name]),
      ...row.settings.flatMap((setting) => setting.variables),
    ]),
  ),
];
