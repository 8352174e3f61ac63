import type { Service } from '@tollgate/contracts';
import type { AnyServiceDefinition } from '@tollgate/nest';

/** Loaded only when their role is asked for: a data plane needs no TypeORM. */
const LOADERS: Readonly<Record<Service, () => Promise<AnyServiceDefinition>>> = {
  auth: async () => (await import('@tollgate/auth')).authService,
  catalog: async () => (await import('@tollgate/catalog')).catalogService,
  router: async () => (await import('@tollgate/router')).routerService,
  'provider-adapters': async () => (await import('@tollgate/provider-adapters')).providerAdaptersService,
  analytics: async () => (await import('@tollgate/analytics')).analyticsService,
};

export const loadServices = (roles: readonly Service[]): Promise<AnyServiceDefinition[]> =>
  Promise.all(roles.map((role) => LOADERS[role]()));
