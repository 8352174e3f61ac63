import type { ServiceDefinition } from '@tollgate/nest';
import { RouterModule } from './app.module.js';
import { ROUTER_ENVIRONMENT } from './config.js';
import type { Router } from './router.js';
import { ROUTER } from './tokens.js';

/** The front door: governs calls and relays them. It stores nothing but its spool. */
export const routerService: ServiceDefinition<typeof ROUTER_ENVIRONMENT> = {
  name: 'router',
  environment: ROUTER_ENVIRONMENT,
  database: null,
  module: (config) => RouterModule.forConfig(config),
  dataPlane: (context) => context.get<Router>(ROUTER, { strict: false }).handler,
};
