import { Controller, Delete, Get, HttpCode, Inject, Patch, Post } from '@nestjs/common';
import {
  type ChangeLimit,
  ChangeLimitSchema,
  type CreateLimit,
  CreateLimitSchema,
  LIMIT_OPERATIONS,
  type Limit,
  LimitIdSchema,
  type Page,
  type PageQuery,
  PageQuerySchema,
} from '@tollgate/contracts';
import { Permission, ZodBody, ZodParam, ZodQuery } from '@tollgate/nest';
import { type Act, CurrentAct } from '../changes/act.js';
import { LimitsService } from './limits.service.js';

@Controller('api/v1/limits')
export class LimitsController {
  constructor(@Inject(LimitsService) private readonly limits: LimitsService) {}

  @Get()
  @Permission(LIMIT_OPERATIONS.listLimits)
  list(@CurrentAct() act: Act, @ZodQuery(PageQuerySchema) query: PageQuery): Promise<Page<Limit>> {
    return this.limits.list(act, query);
  }

  @Post()
  @Permission(LIMIT_OPERATIONS.createLimit)
  create(@CurrentAct() act: Act, @ZodBody(CreateLimitSchema) body: CreateLimit): Promise<Limit> {
    return this.limits.create(act, body);
  }

  @Get(':id')
  @Permission(LIMIT_OPERATIONS.getLimit)
  get(@CurrentAct() act: Act, @ZodParam('id', LimitIdSchema) id: string): Promise<Limit> {
    return this.limits.get(act, id);
  }

  @Patch(':id')
  @Permission(LIMIT_OPERATIONS.changeLimit)
  change(
    @CurrentAct() act: Act,
    @ZodParam('id', LimitIdSchema) id: string,
    @ZodBody(ChangeLimitSchema) body: ChangeLimit,
  ): Promise<Limit> {
    return this.limits.change(act, id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Permission(LIMIT_OPERATIONS.deleteLimit)
  remove(@CurrentAct() act: Act, @ZodParam('id', LimitIdSchema) id: string): Promise<void> {
    return this.limits.remove(act, id);
  }
}
