import { Controller, Delete, Get, HttpCode, Inject, Patch, Post } from '@nestjs/common';
import {
  type ChangeModel,
  ChangeModelSchema,
  type CreateModel,
  CreateModelSchema,
  type DatedPrice,
  type ListModelsQuery,
  ListModelsQuerySchema,
  MODEL_OPERATIONS,
  type ModelDefinitionView,
  ModelIdSchema,
  type ModelView,
  type Page,
  type PageQuery,
  PageQuerySchema,
  type PriceRefresh,
  type SetPrice,
  SetPriceSchema,
} from '@tollgate/contracts';
import { Permission, ZodBody, ZodParam, ZodQuery } from '@tollgate/nest';
import { type Act, CurrentAct } from '../audit/current-act.js';
import { Catalog } from '../catalog.js';
import { refreshPrices } from '../prices/refresh-prices.js';
import { listDefinitions } from './model-definitions.js';
import { listPrices, setPrice } from './model-prices.js';
import { changeModel, createModel, deleteModel, listModels, readModel } from './models.js';

@Controller('api/v1/models')
export class ModelsController {
  constructor(@Inject(Catalog) private readonly catalog: Catalog) {}

  @Get()
  @Permission(MODEL_OPERATIONS.listModels)
  list(@ZodQuery(ListModelsQuerySchema) query: ListModelsQuery): Promise<Page<ModelView>> {
    return listModels(this.catalog.store.query, query, this.now());
  }

  @Post()
  @Permission(MODEL_OPERATIONS.createModel)
  create(@CurrentAct() act: Act, @ZodBody(CreateModelSchema) body: CreateModel): Promise<ModelView> {
    return createModel(this.catalog.store, act, body);
  }

  @Get('definitions')
  @Permission(MODEL_OPERATIONS.listModelDefinitions)
  definitions(@ZodQuery(PageQuerySchema) query: PageQuery): Promise<Page<ModelDefinitionView>> {
    return listDefinitions(this.catalog.store.query, query, this.now());
  }

  @Post('refresh-prices')
  @HttpCode(200)
  @Permission(MODEL_OPERATIONS.refreshPrices)
  refreshPrices(): Promise<PriceRefresh> {
    return refreshPrices(this.catalog.store, async () => this.catalog.configFile?.pricesChanged());
  }

  @Get(':id')
  @Permission(MODEL_OPERATIONS.getModel)
  read(@ZodParam('id', ModelIdSchema) id: string): Promise<ModelView> {
    return readModel(this.catalog.store.query, id, this.now());
  }

  @Patch(':id')
  @Permission(MODEL_OPERATIONS.changeModel)
  change(
    @CurrentAct() act: Act,
    @ZodParam('id', ModelIdSchema) id: string,
    @ZodBody(ChangeModelSchema) body: ChangeModel,
  ): Promise<ModelView> {
    return changeModel(this.catalog.store, act, id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Permission(MODEL_OPERATIONS.deleteModel)
  delete(@CurrentAct() act: Act, @ZodParam('id', ModelIdSchema) id: string): Promise<void> {
    return deleteModel(this.catalog.store, act, id);
  }

  @Get(':id/prices')
  @Permission(MODEL_OPERATIONS.listModelPrices)
  listPrices(@ZodParam('id', ModelIdSchema) id: string, @ZodQuery(PageQuerySchema) query: PageQuery): Promise<Page<DatedPrice>> {
    return listPrices(this.catalog.store.query, id, query, this.now());
  }

  @Post(':id/prices')
  @Permission(MODEL_OPERATIONS.setModelPrice)
  setPrice(
    @CurrentAct() act: Act,
    @ZodParam('id', ModelIdSchema) id: string,
    @ZodBody(SetPriceSchema) body: SetPrice,
  ): Promise<DatedPrice> {
    return setPrice(this.catalog.store, act, id, body);
  }

  private now = (): Date => new Date(this.catalog.store.nowMs());
}
