import { type EnvironmentOf, type EnvironmentSpec, optionalText } from '@tollgate/kernel';

export const CATALOG_ENVIRONMENT = {
  configPath: optionalText({
    name: 'TOLLGATE_CONFIG',
    purpose: 'Path of a tollgate.yaml that declares providers, models and routes; unset: none.',
    expected: 'a path of a YAML file',
  }),
  pricesFolder: optionalText({
    name: 'TOLLGATE_PRICES_DIR',
    purpose:
      'Folder of price tables <vendor>.json that go before those that come with Tollgate; read anew every hour and by hand.',
    expected: 'a path of a folder',
  }),
} satisfies EnvironmentSpec;

export type CatalogConfig = EnvironmentOf<typeof CATALOG_ENVIRONMENT>;
