import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import {
  type BudgetBooked,
  BudgetChargeRequestSchema,
  BudgetHolderGoneSchema,
  type BudgetLeaseReply,
  BudgetLeaseRequestSchema,
  SUBJECTS,
} from '@tollgate/contracts';
import { BudgetAuthority } from './budget-authority.js';

@Controller()
export class BudgetsHandler {
  constructor(@Inject(BudgetAuthority) private readonly authority: BudgetAuthority) {}

  @MessagePattern(SUBJECTS.budgetLease)
  async lease(@Payload() data: unknown): Promise<BudgetLeaseReply> {
    return this.authority.lease(BudgetLeaseRequestSchema.parse(data));
  }

  @MessagePattern(SUBJECTS.budgetCharge)
  async charge(@Payload() data: unknown): Promise<BudgetBooked> {
    return this.authority.charge(BudgetChargeRequestSchema.parse(data));
  }

  @MessagePattern(SUBJECTS.budgetHolderGone)
  async holderGone(@Payload() data: unknown): Promise<BudgetBooked> {
    return this.authority.close(BudgetHolderGoneSchema.parse(data).holder);
  }
}
