import { Controller, Delete, Get, HttpCode, Inject, Patch, Post } from '@nestjs/common';
import {
  BUDGET_OPERATIONS,
  type Budget,
  BudgetIdSchema,
  type ChangeBudget,
  ChangeBudgetSchema,
  type CreateBudget,
  CreateBudgetSchema,
  type ListBudgetsQuery,
  ListBudgetsQuerySchema,
  type Page,
} from '@tollgate/contracts';
import { Permission, ZodBody, ZodParam, ZodQuery } from '@tollgate/nest';
import { type Act, CurrentAct } from '../changes/act.js';
import { BudgetsService } from './budgets.service.js';

@Controller('api/v1/budgets')
export class BudgetsController {
  constructor(@Inject(BudgetsService) private readonly budgets: BudgetsService) {}

  @Get()
  @Permission(BUDGET_OPERATIONS.listBudgets)
  list(@CurrentAct() act: Act, @ZodQuery(ListBudgetsQuerySchema) query: ListBudgetsQuery): Promise<Page<Budget>> {
    return this.budgets.list(act, query);
  }

  @Post()
  @Permission(BUDGET_OPERATIONS.createBudget)
  create(@CurrentAct() act: Act, @ZodBody(CreateBudgetSchema) body: CreateBudget): Promise<Budget> {
    return this.budgets.create(act, body);
  }

  @Get(':id')
  @Permission(BUDGET_OPERATIONS.getBudget)
  get(@CurrentAct() act: Act, @ZodParam('id', BudgetIdSchema) id: string): Promise<Budget> {
    return this.budgets.get(act, id);
  }

  @Patch(':id')
  @Permission(BUDGET_OPERATIONS.changeBudget)
  change(
    @CurrentAct() act: Act,
    @ZodParam('id', BudgetIdSchema) id: string,
    @ZodBody(ChangeBudgetSchema) body: ChangeBudget,
  ): Promise<Budget> {
    return this.budgets.change(act, id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Permission(BUDGET_OPERATIONS.deleteBudget)
  remove(@CurrentAct() act: Act, @ZodParam('id', BudgetIdSchema) id: string): Promise<void> {
    return this.budgets.remove(act, id);
  }
}
