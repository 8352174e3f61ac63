import { type EnvironmentOf, type EnvironmentSpec, optionalText } from '@tollgate/kernel';

export const CATALOG_ENVIRONMENT = {
  configPath: optionalText({
    name: 'TOLLGATE_CONFIG',
    purpose: 'Path of a tollgate.yaml that declares providers, models and routes; unset: none.',
    expected: 'a path of a YAML file',
  }),
} satisfies EnvironmentSpec;

export type CatalogConfig = EnvironmentOf<typeof CATALOG_ENVIRONMENT>;
