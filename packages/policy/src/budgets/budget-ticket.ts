import type { BudgetCharge } from '@tollgate/contracts';
import type { LocalBudget, LocalMoney } from './local-budget.js';

export interface Reservation {
  readonly budget: LocalBudget;
  readonly money: LocalMoney;
}

/** What a call holds of its budgets from admission to settlement: the same sum in each hard one, nothing in the soft ones. */
export interface BudgetTicket {
  readonly currency: string;
  /** Worst case, billionths. */
  readonly nano: number;
  readonly reservations: readonly Reservation[];
  /** Ids of the soft budgets. */
  readonly soft: readonly string[];
  settled: readonly BudgetCharge[] | null;
}

/** What the budgets are charged where nobody comes back to say: the worst case. Goes on file before the call is dispatched. */
export const worstCharges = ({ reservations, soft, nano, currency }: BudgetTicket): readonly BudgetCharge[] => [
  ...reservations.map(({ budget, money }) => ({ budget: budget.id, lease: money.lease, nano, currency })),
  ...soft.map((budget) => ({ budget, lease: null, nano, currency })),
];

/** Ends the reservations. `cost` null = not known: the hard budgets are charged the worst case. Settling twice charges once. */
export function settleBudgets(ticket: BudgetTicket, cost: number | null): readonly BudgetCharge[] {
  if (ticket.settled !== null) return ticket.settled;
  const charged = cost ?? ticket.nano;
  for (const { budget, money } of ticket.reservations) budget.settle(money, ticket.nano, charged);
  const charges = worstCharges(ticket).map((charge) => ({ ...charge, nano: charged }));
  ticket.settled = charged === 0 ? [] : charges;
  return ticket.settled;
}
