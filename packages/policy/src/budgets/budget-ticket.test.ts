import type { BudgetSpec } from '@tollgate/contracts';
import { expect, test } from 'vitest';
import { settleBudgets, worstCharges } from './budget-ticket.js';
import type { BudgetAnswer } from './local-budget.js';
import { LocalBudgets } from './local-budgets.js';

const spec = (id: string, hard = true): BudgetSpec => ({ id, models: null, subject: 'token', hard });
const time = { ms: 1_000 };

function setUp() {
  time.ms = 1_000;
  const budgets = new LocalBudgets({ clock: { now: () => 0, monotonic: () => time.ms }, holder: 'r1' });
  const send = () => {
    const call = budgets.nextRequest();
    if (call === null) throw new Error('nothing to ask');
    return call;
  };
  const lend = (granted: number, changes: Partial<Extract<BudgetAnswer, { status: 'ok' }>> = {}) => {
    const call = send();
    budgets.settle(call, {
      status: 'ok',
      budgets: call.request.budgets.map(({ budget }) => ({
        status: 'ok',
        budget,
        name: `the ${budget}`,
        period: 'month',
        currency: 'USD',
        lease: `${budget}/0/r1`,
        granted,
        others: [],
        endsInMs: 60_000,
        limit: 1_000,
        charged: 0,
        remaining: 500,
        ...changes,
      })),
    });
    return call.request;
  };
  return { budgets, send, lend };
}

test('nothing is reserved before something was lent, and then from all budgets or from none', () => {
  const { budgets, lend } = setUp();
  const both = [spec('budget_a'), spec('budget_b')];
  expect(budgets.check(both, 100, 'USD')).toBe('need_lease');
  expect(lend(150).budgets.map(({ budget, need }) => [budget, need])).toEqual([
    ['budget_a', 100],
    ['budget_b', 100],
  ]);
  expect(budgets.check(both, 100, 'USD')).toBe('ok');
  const ticket = budgets.reserve(both, 100, 'USD');
  expect(worstCharges(ticket)).toEqual([
    { budget: 'budget_a', lease: 'budget_a/0/r1', nano: 100, currency: 'USD' },
    { budget: 'budget_b', lease: 'budget_b/0/r1', nano: 100, currency: 'USD' },
  ]);
  // 50 are left: not enough, though nobody has been charged anything.
  expect(budgets.check(both, 51, 'USD')).toBe('need_lease');
  expect(settleBudgets(ticket, 30).map(({ nano }) => nano)).toEqual([30, 30]);
  expect(settleBudgets(ticket, 99).map(({ nano }) => nano)).toEqual([30, 30]);
  expect(budgets.check(both, 120, 'USD')).toBe('ok');
  expect(budgets.check(both, 121, 'USD')).toBe('need_lease');
});

test('N calls at once cannot spend what is there once: what is reserved is gone at once', () => {
  const { budgets, lend } = setUp();
  budgets.check([spec('budget_a')], 100, 'USD');
  lend(250);
  let admitted = 0;
  for (let call = 0; call < 10; call += 1) {
    if (budgets.check([spec('budget_a')], 100, 'USD') !== 'ok') continue;
    budgets.reserve([spec('budget_a')], 100, 'USD');
    admitted += 1;
  }
  expect(admitted).toBe(2);
});

test('an unknown cost is charged as the worst case, a failed call nothing', () => {
  const { budgets, lend } = setUp();
  budgets.check([spec('budget_a')], 100, 'USD');
  lend(300);
  expect(settleBudgets(budgets.reserve([spec('budget_a')], 100, 'USD'), null)).toMatchObject([{ nano: 100 }]);
  expect(settleBudgets(budgets.reserve([spec('budget_a')], 100, 'USD'), 0)).toEqual([]);
  expect(budgets.check([spec('budget_a')], 200, 'USD')).toBe('ok');
});

test('a soft budget holds nobody up and is charged all the same', () => {
  const { budgets } = setUp();
  expect(budgets.check([spec('budget_s', false)], 100, 'USD')).toBe('ok');
  const ticket = budgets.reserve([spec('budget_s', false)], 100, 'USD');
  expect(settleBudgets(ticket, 40)).toEqual([{ budget: 'budget_s', lease: null, nano: 40, currency: 'USD' }]);
});

test('a budget that nobody keeps is refused, not ignored; so is one in another currency', () => {
  const { budgets, send } = setUp();
  budgets.check([spec('budget_x')], 100, 'USD');
  const call = send();
  budgets.settle(call, { status: 'ok', budgets: [{ status: 'unknown', budget: 'budget_x', name: '' }] });
  expect(budgets.check([spec('budget_x')], 100, 'USD')).toBe('unknown');
  expect(budgets.blocking?.id).toBe('budget_x');
  const euros = setUp();
  euros.budgets.check([spec('budget_e')], 100, 'USD');
  euros.lend(0, { currency: 'EUR' });
  expect(euros.budgets.check([spec('budget_e')], 100, 'USD')).toBe('currency');
});

test('a call of the old window is charged to it, a call after its end waits for the next', () => {
  const { budgets, lend } = setUp();
  budgets.check([spec('budget_a')], 100, 'USD');
  lend(300);
  const ticket = budgets.reserve([spec('budget_a')], 100, 'USD');
  time.ms += 60_000;
  expect(budgets.check([spec('budget_a')], 100, 'USD')).toBe('need_lease');
  const request = lend(500, { lease: 'budget_a/60000/r1' });
  expect(request.budgets[0]?.leases).toEqual([{ lease: 'budget_a/0/r1', released: 200 }]);
  expect(settleBudgets(ticket, 100)[0]?.lease).toBe('budget_a/0/r1');
  expect(worstCharges(budgets.reserve([spec('budget_a')], 100, 'USD'))[0]?.lease).toBe('budget_a/60000/r1');
});

test('a grant whose reply was lost is found again with the next', () => {
  const { budgets, lend, send } = setUp();
  budgets.check([spec('budget_a')], 100, 'USD');
  budgets.settle(send(), null);
  expect(budgets.check([spec('budget_a')], 100, 'USD')).toBe('unavailable');
  time.ms += 300;
  budgets.tick();
  expect(lend(400).budgets[0]).toMatchObject({ want: 0, turn: 2 });
  expect(budgets.check([spec('budget_a')], 400, 'USD')).toBe('ok');
});

test('money that nobody reserves from goes back, what calls hold stays', () => {
  const { budgets, lend, send } = setUp();
  budgets.check([spec('budget_a')], 100, 'USD');
  lend(400);
  budgets.reserve([spec('budget_a')], 100, 'USD');
  time.ms += 1_100;
  budgets.tick();
  expect(send().request.budgets[0]).toMatchObject({ want: 200, leases: [{ lease: 'budget_a/0/r1', released: 300 }] });
});

test('used up until the window ends, or only reserved for a moment: the wait that is told is the true one', () => {
  const { budgets, lend } = setUp();
  budgets.check([spec('budget_a')], 100, 'USD');
  lend(0, { charged: 950, remaining: 50 });
  expect(budgets.check([spec('budget_a')], 100, 'USD')).toBe('refused');
  expect(budgets.view('budget_a', 100)).toMatchObject({ retryAfterMs: 60_000 });
  expect(budgets.view('budget_a', 40)).toMatchObject({ retryAfterMs: 1_000 });
  expect(budgets.check([spec('budget_a')], 1_001, 'USD')).toBe('too_large');
  expect(budgets.view('budget_a', 1_001)).toMatchObject({ retryAfterMs: null });
});
