import { expect, test } from 'vitest';
import { reserveBudgets, settleBudgets } from './budget-ticket.js';

const cost = { amount: '0.25', currency: 'USD' };

test('a token without budgets gets a ticket that charges nothing', () => {
  const ticket = reserveBudgets({ budgets: [] });
  expect(ticket).toEqual({ ok: true, value: { reservations: [] } });
  if (ticket.ok) expect(settleBudgets(ticket.value, cost)).toEqual([]);
});

test('a budget that nobody keeps is refused, not ignored', () => {
  expect(reserveBudgets({ budgets: [{ id: 'budget_1', models: null, subject: 'token', hard: true }] })).toEqual({
    ok: false,
    error: 'unknown_budget',
  });
});

test('every reservation is charged what the call cost', () => {
  const reserved = { amount: '1', currency: 'USD' };
  const ticket = {
    reservations: [
      { budgetId: 'a', reserved },
      { budgetId: 'b', reserved },
    ],
  };
  expect(settleBudgets(ticket, cost).map(({ budgetId, spent }) => [budgetId, spent])).toEqual([
    ['a', cost],
    ['b', cost],
  ]);
  expect(settleBudgets(ticket, null).map(({ spent }) => spent)).toEqual([null, null]);
});
