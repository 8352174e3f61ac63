import { randomBytes } from 'node:crypto';
import type { BudgetLeaseReply, BudgetSpec } from '@tollgate/contracts';
import { newId } from '@tollgate/kernel';
import { LocalBudgets, settleBudgets } from '@tollgate/policy';
import { createTestDatabase, type TestDatabase } from '@tollgate/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AuthMoney1764130000000 } from '../database/auth-money-1764130000000.js';
import { CreateAuth1764000000000 } from '../database/create-auth-1764000000000.js';
import { chargeBudgets } from './charge-budgets.js';
import { closeHolder, reapHolders, sweepBudgets } from './close-holder.js';
import { leaseBudgets } from './lease-budgets.js';

const DOLLAR = 1_000_000_000;
let database: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  database = await createTestDatabase({ schema: 'auth', migrations: [CreateAuth1764000000000, AuthMoney1764130000000] });
  pool = new pg.Pool({ connectionString: database.url, max: 6 });
  await pool.query("INSERT INTO auth.organisations (id, name, created_at, updated_at) VALUES ('org_1', 'One', now(), now())");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function onClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

let made = 0;
async function makeBudget(fields: { nano?: number; period?: string; hard?: boolean; alerts?: number[] } = {}): Promise<string> {
  made += 1;
  const id = `budget_${made}`;
  await pool.query(
    `INSERT INTO auth.budgets (id, organisation_id, subject, subject_id, name, nano, currency, period, time_zone, hard,
       alert_at_percent, created_at, updated_at)
     VALUES ($1, 'org_1', 'organisation', 'org_1', $1, $2, 'USD', $3, 'Europe/Vienna', $4, $5, now(), now())`,
    [id, fields.nano ?? DOLLAR, fields.period ?? 'month', fields.hard ?? true, fields.alerts ?? [80, 100]],
  );
  return id;
}

let turns = 0;
async function ask(holder: string, budget: string, want: number, released: { lease: string; released: number }[] = []) {
  turns += 1;
  const wish = { budget, turn: turns, currency: 'USD', want, need: want > 0 ? 1 : 0, least: want > 0 ? 1 : 0, leases: released };
  const [reply] = await onClient((client) => leaseBudgets(client, [{ v: 1, holder, budgets: [wish] }]));
  const answer = (reply as Extract<BudgetLeaseReply, { status: 'ok' }>).budgets[0];
  if (answer?.status !== 'ok') throw new Error(answer?.status);
  return answer;
}

const charge = (budget: string, lease: string | null, nano: number, id = newId('req', Date.now(), randomBytes)) =>
  onClient((client) => chargeBudgets(client, [{ id, budget, lease, nano, currency: 'USD' }]));

async function stateOf(budget: string) {
  const { rows } = await pool.query(
    'SELECT sum(committed)::float8 AS committed, sum(charged)::float8 AS charged FROM auth.budget_windows WHERE budget_id = $1',
    [budget],
  );
  return rows[0] as { committed: number; charged: number };
}

test('what is lent is committed, what is charged stays, what is released can be lent again', async () => {
  const budget = await makeBudget();
  const first = await ask('a', budget, DOLLAR);
  expect(first.granted).toBe(DOLLAR / 2);
  expect(first.endsInMs).toBeGreaterThan(0);
  await charge(budget, first.lease, 1_000);
  const second = await ask('a', budget, 0, [{ lease: first.lease, released: DOLLAR / 2 - 1_000 }]);
  expect(second).toMatchObject({ granted: DOLLAR / 2, charged: 1_000, remaining: DOLLAR - 1_000 });
  expect(await stateOf(budget)).toEqual({ committed: 1_000, charged: 1_000 });
});

test('a charge that is told again, at once or later, is booked once', async () => {
  const budget = await makeBudget();
  const { lease } = await ask('a', budget, 10_000);
  const id = newId('req', Date.now(), randomBytes);
  const one = { id, budget, lease, nano: 700, currency: 'USD' };
  await onClient((client) => chargeBudgets(client, [one, one]));
  await charge(budget, lease, 700, id);
  expect((await stateOf(budget)).charged).toBe(700);
});

test('nobody gives back what another holder has', async () => {
  const budget = await makeBudget();
  const mine = await ask('a', budget, 100_000);
  await ask('b', budget, 0, [{ lease: mine.lease, released: 100_000 }]);
  expect((await stateOf(budget)).committed).toBe(100_000);
});

test('a question that comes twice is granted once, and the reply tells all that was ever granted', async () => {
  const budget = await makeBudget();
  const wish = { budget, turn: 1, currency: 'USD', want: 5_000, need: 1, least: 1, leases: [] };
  const request = { v: 1 as const, holder: 'twice', budgets: [wish] };
  await onClient((client) => leaseBudgets(client, [request]));
  const [again] = await onClient((client) => leaseBudgets(client, [request]));
  expect(again?.budgets[0]).toMatchObject({ granted: 5_000 });
  expect((await stateOf(budget)).committed).toBe(5_000);
});

test('unknown and ended budgets, and those of another currency, are said to be so', async () => {
  const budget = await makeBudget();
  const wish = { turn: 1, currency: 'EUR', want: 1, need: 1, least: 1, leases: [] };
  const [reply] = await onClient((client) =>
    leaseBudgets(client, [
      {
        v: 1,
        holder: 'a',
        budgets: [
          { ...wish, budget },
          { ...wish, budget: 'budget_none' },
        ],
      },
    ]),
  );
  expect(reply?.budgets.map(({ status }) => status)).toEqual(['currency', 'unknown']);
});

test('a soft budget is charged without a lease, in the window of the call; each mark is told once', async () => {
  const budget = await makeBudget({ nano: 1_000, hard: false, period: 'hour' });
  const hourAgo = newId('req', Date.now() - 3_600_000, randomBytes);
  await charge(budget, null, 990, hourAgo);
  expect(await charge(budget, null, 790)).toEqual([]);
  expect((await charge(budget, null, 10)).map(({ percent }) => percent)).toEqual([80]);
  expect((await charge(budget, null, 500)).map(({ percent }) => percent)).toEqual([100]);
  expect(await charge(budget, null, 500)).toEqual([]);
  expect(await stateOf(budget)).toEqual({ committed: 2_790, charged: 2_790 });
});

test('a holder that is gone and replayed leaves nothing behind, and is lent nothing again', async () => {
  const budget = await makeBudget();
  const { lease } = await ask('gone', budget, 100_000);
  await charge(budget, lease, 40_000);
  await onClient((client) => closeHolder(client, 'gone'));
  await onClient((client) => closeHolder(client, 'gone'));
  expect(await stateOf(budget)).toEqual({ committed: 40_000, charged: 40_000 });
  expect((await ask('gone', budget, 100_000)).granted).toBe(40_000 + 60_000);
  expect(await stateOf(budget)).toEqual({ committed: 40_000, charged: 40_000 });
});

test('a holder that is silent is pointed out, its money stays spent until its spool turns up', async () => {
  const budget = await makeBudget();
  const { lease } = await ask('silent', budget, 100_000);
  expect(await onClient(reapHolders)).toEqual([]);
  await pool.query("UPDATE auth.budget_leases SET seen_at = now() - interval '16 minutes' WHERE holder = 'silent'");
  expect(await onClient(reapHolders)).toEqual([{ budget, holder: 'silent', nano: 100_000 }]);
  expect((await stateOf(budget)).committed).toBe(100_000);
  await charge(budget, lease, 1_000);
  await onClient((client) => closeHolder(client, 'silent'));
  expect((await stateOf(budget)).committed).toBe(1_000);
  await onClient(sweepBudgets);
});

test('a limit that is lowered below what is spent lends nothing more', async () => {
  const budget = await makeBudget();
  const { lease } = await ask('a', budget, 100_000);
  await charge(budget, lease, 100_000);
  await pool.query('UPDATE auth.budgets SET nano = 50000 WHERE id = $1', [budget]);
  expect(await ask('a', budget, 1_000)).toMatchObject({ granted: 100_000, remaining: 0 });
});

test('four routers that press on nested budgets together spend the tightest and never pass it', async () => {
  const ids = [await makeBudget({ nano: 3 * DOLLAR }), await makeBudget({ nano: DOLLAR })];
  const specs = ids.map((id): BudgetSpec => ({ id, models: null, subject: 'token', hard: true }));
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  let spent = 0;
  await Promise.all(
    [1, 2, 3, 4].map(async (n) => {
      const budgets = new LocalBudgets({ clock, holder: `router-${n}` });
      const until = performance.now() + 10_000;
      for (let idle = 0; idle < 40 && performance.now() < until; ) {
        const nano = 1_000_000 + Math.floor(Math.random() * 4_000_000);
        const verdict = budgets.check(specs, nano, 'USD');
        if (verdict === 'ok') {
          const ticket = budgets.reserve(specs, nano, 'USD');
          const id = newId('req', Date.now(), randomBytes);
          const used = Math.floor(nano * Math.random());
          const charges = settleBudgets(ticket, used).map((each) => ({ ...each, id, currency: 'USD' }));
          spent += used;
          await onClient((client) => chargeBudgets(client, charges));
        } else idle += verdict === 'refused' ? 1 : 0;
        budgets.tick();
        const call = budgets.nextRequest();
        if (call !== null) budgets.settle(call, (await onClient((client) => leaseBudgets(client, [call.request])))[0] ?? null);
        else if (verdict !== 'ok') await new Promise((resolve) => setTimeout(resolve, 25));
      }
      await onClient((client) => closeHolder(client, `router-${n}`));
    }),
  );
  expect(spent).toBeLessThanOrEqual(DOLLAR);
  expect(spent).toBeGreaterThanOrEqual(0.95 * DOLLAR);
  for (const id of ids) expect(await stateOf(id)).toEqual({ committed: spent, charged: spent });
}, 30_000);
