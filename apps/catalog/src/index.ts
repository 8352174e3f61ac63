import type { ServiceDefinition } from '@tollgate/nest';
import { catalogModule } from './app.module.js';
import { CATALOG_ENVIRONMENT } from './config.js';
import { findMistakes } from './config-file/find-mistakes.js';
import { CatalogAudit1764170000000 } from './store/migrations/catalog-audit-1764170000000.js';
import { CreateCatalog1763900000000 } from './store/migrations/create-catalog.js';
import { CredentialTests1764320000000 } from './store/migrations/credential-tests-1764320000000.js';
import { DatedPrices1764310000000 } from './store/migrations/dated-prices-1764310000000.js';
import { KeepAnswers1764120000000 } from './store/migrations/keep-answers.js';
import { ModelsByHand1764350000000 } from './store/migrations/models-by-hand-1764350000000.js';
import { PoolsAndLimits1764340000000 } from './store/migrations/pools-and-limits-1764340000000.js';
import { RouteStrategies1764300000000 } from './store/migrations/route-strategies-1764300000000.js';

export const catalogService: ServiceDefinition<typeof CATALOG_ENVIRONMENT> = {
  name: 'catalog',
  environment: CATALOG_ENVIRONMENT,
  database: {
    schema: 'catalog',
    entities: [],
    migrations: [
      CreateCatalog1763900000000,
      KeepAnswers1764120000000,
      CatalogAudit1764170000000,
      RouteStrategies1764300000000,
      DatedPrices1764310000000,
      CredentialTests1764320000000,
      PoolsAndLimits1764340000000,
      ModelsByHand1764350000000,
    ],
  },
  findMistakes: (variables) => findMistakes(variables),
  module: catalogModule,
};
