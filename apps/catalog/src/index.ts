import type { ServiceDefinition } from '@tollgate/nest';
import { catalogModule } from './app.module.js';
import { CATALOG_ENVIRONMENT } from './config.js';
import { findMistakes } from './config-file/find-mistakes.js';
import { CreateCatalog1763900000000 } from './store/migrations/create-catalog.js';

export const catalogService: ServiceDefinition<typeof CATALOG_ENVIRONMENT> = {
  name: 'catalog',
  environment: CATALOG_ENVIRONMENT,
  database: { schema: 'catalog', entities: [], migrations: [CreateCatalog1763900000000] },
  findMistakes: (variables) => findMistakes(variables),
  module: catalogModule,
};
