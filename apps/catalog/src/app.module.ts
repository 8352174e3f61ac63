import { type DynamicModule, Module } from '@nestjs/common';
import { Catalog } from './catalog.js';
import type { CatalogConfig } from './config.js';
import { CredentialsController, ProvidersController, RoutesController } from './management/catalog.controllers.js';
import { DescriptionController } from './management/description.controller.js';
import { ModelsController } from './management/models.controller.js';
import { CATALOG_CONFIG } from './tokens.js';

@Module({})
class CatalogModule {}

export const catalogModule = (config: CatalogConfig): DynamicModule => ({
  module: CatalogModule,
  controllers: [ProvidersController, CredentialsController, ModelsController, RoutesController, DescriptionController],
  providers: [{ provide: CATALOG_CONFIG, useValue: config }, Catalog],
});
