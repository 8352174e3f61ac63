import type { Money, TokenPolicy } from '@tollgate/contracts';
import { fail, ok, type Result } from '@tollgate/kernel';

/** A sum set aside in one budget for one call. */
export interface BudgetReservation {
  readonly budgetId: string;
  readonly reserved: Money;
}

/** What a call holds of its budgets from admission to settlement; none where its token has no budgets. */
export interface BudgetTicket {
  readonly reservations: readonly BudgetReservation[];
}

/** unknown_budget: the policy names a budget that no authority here keeps; a limit that cannot be kept is refused, never ignored. */
export type BudgetRefusal = 'unknown_budget' | 'budget_exceeded';

/** What one budget is charged in the end. */
export interface BudgetCharge {
  readonly budgetId: string;
  readonly reserved: Money;
  /** null = the cost is not known: the reservation is charged in full. */
  readonly spent: Money | null;
}

// One object for all calls without budgets: nothing is allocated on their path.
const UNLIMITED = ok<BudgetTicket>(Object.freeze({ reservations: Object.freeze([]) }));
const UNKNOWN_BUDGET = fail<BudgetRefusal>('unknown_budget');
const NO_CHARGES: readonly BudgetCharge[] = Object.freeze([]);

/** Sets aside what the call may cost, in every budget of its token. Called once per request, before the first attempt. */
export function reserveBudgets(policy: Pick<TokenPolicy, 'budgets'>): Result<BudgetTicket, BudgetRefusal> {
  return policy.budgets.length === 0 ? UNLIMITED : UNKNOWN_BUDGET;
}

/** Turns the ticket into charges when the call is over; `cost` null = unknown. Pure: settling twice gives the same charges. */
export function settleBudgets(ticket: BudgetTicket, cost: Money | null): readonly BudgetCharge[] {
  if (ticket.reservations.length === 0) return NO_CHARGES;
  return ticket.reservations.map(({ budgetId, reserved }) => ({ budgetId, reserved, spent: cost }));
}
