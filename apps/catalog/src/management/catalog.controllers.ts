import { Controller, Delete, Get, HttpCode, Inject, Post } from '@nestjs/common';
import {
  type CreateCredential,
  CreateCredentialSchema,
  type CreateProvider,
  CreateProviderSchema,
  type CreateRoute,
  CreateRouteSchema,
  CredentialIdSchema,
  type CredentialView,
  type Page,
  type PageQuery,
  PageQuerySchema,
  PROVIDER_OPERATIONS,
  ProviderIdSchema,
  type ProviderView,
  ROUTE_OPERATIONS,
  RouteIdSchema,
  type RouteSimulation,
  type RouteView,
  type SimulateRoute,
  SimulateRouteSchema,
} from '@tollgate/contracts';
import { Caller, type ManagementCaller, Permission, TRANSPORT, ZodBody, ZodParam, ZodQuery } from '@tollgate/nest';
import type { Transport } from '@tollgate/transport';
import { type Act, CurrentAct } from '../audit/current-act.js';
import { Catalog } from '../catalog.js';
import { createCredential, deleteCredential, listCredentials, tryCredential } from './credentials.js';
import { createProvider, deleteProvider, listProviders, readProvider } from './providers.js';
import { createRoute, deleteRoute, listRoutes, readRoute } from './routes.js';
import { simulateRoute } from './simulate-route.js';

@Controller('api/v1/providers')
export class ProvidersController {
  constructor(
    @Inject(Catalog) private readonly catalog: Catalog,
    @Inject(TRANSPORT) private readonly transport: Transport,
  ) {}

  @Get()
  @Permission(PROVIDER_OPERATIONS.listProviders.permission)
  list(@ZodQuery(PageQuerySchema) query: PageQuery): Promise<Page<ProviderView>> {
    return listProviders(this.catalog.store.query, query);
  }

  @Post()
  @Permission(PROVIDER_OPERATIONS.createProvider.permission)
  create(@CurrentAct() act: Act, @ZodBody(CreateProviderSchema) body: CreateProvider): Promise<ProviderView> {
    return createProvider(this.parts(), act, body);
  }

  @Get(':id')
  @Permission(PROVIDER_OPERATIONS.getProvider.permission)
  read(@ZodParam('id', ProviderIdSchema) id: string): Promise<ProviderView> {
    return readProvider(this.catalog.store.query, id);
  }

  @Delete(':id')
  @HttpCode(204)
  @Permission(PROVIDER_OPERATIONS.deleteProvider.permission)
  delete(@CurrentAct() act: Act, @ZodParam('id', ProviderIdSchema) id: string): Promise<void> {
    return deleteProvider(this.catalog.store, act, id).finally(() => this.catalog.registration.forget());
  }

  private parts = () => ({ store: this.catalog.store, transport: this.transport });
}

@Controller('api/v1/credentials')
export class CredentialsController {
  constructor(
    @Inject(Catalog) private readonly catalog: Catalog,
    @Inject(TRANSPORT) private readonly transport: Transport,
  ) {}

  @Get()
  @Permission(PROVIDER_OPERATIONS.listCredentials.permission)
  list(@ZodQuery(PageQuerySchema) query: PageQuery): Promise<Page<CredentialView>> {
    return listCredentials(this.catalog.store.query, query);
  }

  @Post()
  @Permission(PROVIDER_OPERATIONS.createCredential.permission)
  create(@CurrentAct() act: Act, @ZodBody(CreateCredentialSchema) body: CreateCredential): Promise<CredentialView> {
    return createCredential(this.parts(), act, body);
  }

  @Post(':id/test')
  @HttpCode(200)
  @Permission(PROVIDER_OPERATIONS.testCredential.permission)
  test(@CurrentAct() act: Act, @ZodParam('id', CredentialIdSchema) id: string): Promise<CredentialView> {
    return tryCredential(this.parts(), act, id);
  }

  @Delete(':id')
  @HttpCode(204)
  @Permission(PROVIDER_OPERATIONS.deleteCredential.permission)
  delete(@CurrentAct() act: Act, @ZodParam('id', CredentialIdSchema) id: string): Promise<void> {
    return deleteCredential(this.catalog.store, act, id);
  }

  private parts = () => ({ store: this.catalog.store, transport: this.transport });
}

@Controller('api/v1/routes')
export class RoutesController {
  constructor(
    @Inject(Catalog) private readonly catalog: Catalog,
    @Inject(TRANSPORT) private readonly transport: Transport,
  ) {}

  @Get()
  @Permission(ROUTE_OPERATIONS.listRoutes.permission)
  list(@Caller() caller: ManagementCaller, @ZodQuery(PageQuerySchema) query: PageQuery): Promise<Page<RouteView>> {
    return listRoutes(this.catalog.store.query, caller.organisationId, query);
  }

  @Post()
  @Permission(ROUTE_OPERATIONS.createRoute.permission)
  create(@CurrentAct() act: Act, @ZodBody(CreateRouteSchema) body: CreateRoute): Promise<RouteView> {
    return createRoute(this.catalog.store, act, body);
  }

  @Post('simulate')
  @HttpCode(200)
  @Permission(ROUTE_OPERATIONS.simulateRoute.permission)
  simulate(@Caller() caller: ManagementCaller, @ZodBody(SimulateRouteSchema) body: SimulateRoute): Promise<RouteSimulation> {
    return simulateRoute(this.transport, caller.organisationId, body);
  }

  @Get(':id')
  @Permission(ROUTE_OPERATIONS.getRoute.permission)
  read(@Caller() caller: ManagementCaller, @ZodParam('id', RouteIdSchema) id: string): Promise<RouteView> {
    return readRoute(this.catalog.store.query, caller.organisationId, id);
  }

  @Delete(':id')
  @HttpCode(204)
  @Permission(ROUTE_OPERATIONS.deleteRoute.permission)
  delete(@CurrentAct() act: Act, @ZodParam('id', RouteIdSchema) id: string): Promise<void> {
    return deleteRoute(this.catalog.store, act, id);
  }
}
