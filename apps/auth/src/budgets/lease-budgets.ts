import type { BudgetLeaseReply, BudgetLeaseRequest } from '@tollgate/contracts';
import { budgetWindowAt, grantMoney, moneyOut, releaseMoney } from '@tollgate/policy';
import type { PoolClient } from 'pg';
import { type BudgetFacts, type LeaseKey, leaseName, readBudgets, readLeaseName } from './budget-rows.js';
import { MoneyBooks } from './money-books.js';

type Answered = Extract<BudgetLeaseReply, { status: 'ok' }>;
type Ask = BudgetLeaseRequest['budgets'][number];

/** A holder that has asked within this time counts as a replica. */
const HOLDER_SEEN_MS = 10_000;

/** Answers several requests in one transaction; the promise "never over" is the lock of the window and the commit before the answer. */
export async function leaseBudgets(client: PoolClient, requests: readonly BudgetLeaseRequest[]): Promise<readonly Answered[]> {
  await client.query('BEGIN');
  const ids = [...new Set(requests.flatMap(({ budgets }) => budgets.map(({ budget }) => budget)))];
  const { budgets, nowMs } = await readBudgets(client, ids);
  const open = new Map([...budgets.values()].map((each) => [each.id, budgetWindowAt(each.period, each.timeZone, nowMs)]));
  const books = await MoneyBooks.lock(client, budgets, windowsOf(requests, open));
  await books.load(requests.flatMap(({ holder, budgets: asks }) => asks.map(({ budget }) => ({ budget, holder }))));
  const replicas = await countHolders(client, open);
  const replies = requests.map(
    ({ holder, budgets: asks }): Answered => ({
      status: 'ok',
      budgets: asks.map((ask) => {
        const facts = budgets.get(ask.budget);
        const window = open.get(ask.budget);
        for (const { lease, released } of ask.leases) {
          const key = ownLease(lease, ask.budget, holder);
          if (key !== null) books.change(key, (step) => releaseMoney(step, released));
        }
        if (facts === undefined || window === undefined || facts.ended)
          return { status: 'unknown', budget: ask.budget, name: '' };
        if (ask.currency !== facts.currency) return { status: 'currency', budget: ask.budget, name: facts.name };
        const endsInMs = window.endsAt === null ? null : Math.max(0, window.endsAt - nowMs);
        return answer(books, facts, {
          ask,
          holder,
          startsMs: window.startsAt,
          endsInMs,
          replicas: replicas.get(ask.budget) ?? 1,
        });
      }),
    }),
  );
  await books.write();
  await client.query('COMMIT');
  return replies;
}

interface Asked {
  readonly ask: Ask;
  readonly holder: string;
  readonly startsMs: number;
  readonly endsInMs: number | null;
  readonly replicas: number;
}

function answer(books: MoneyBooks, facts: BudgetFacts, asked: Asked): Answered['budgets'][number] {
  const { ask, holder, startsMs, endsInMs, replicas } = asked;
  const mine = books.leasesOf(ask.budget, holder);
  const turn = mine.reduce((last, { lease }) => Math.max(last, lease.turn), 0);
  // The turn of whatever window was last: a question that was under way while one ended must not be answered twice.
  const step = books.change({ budget: ask.budget, startsMs, holder }, (each) =>
    grantMoney({ ...each, lease: { ...each.lease, turn } }, { ...ask, replicas }),
  );
  if (step === null) return { status: 'unknown', budget: ask.budget, name: facts.name };
  const { window, lease } = step;
  const others = mine.filter((each) => each.startsMs !== startsMs && moneyOut(each.lease) > 0);
  return {
    status: 'ok',
    budget: ask.budget,
    name: facts.name,
    period: facts.period,
    currency: facts.currency,
    lease: leaseName(ask.budget, startsMs, holder),
    granted: lease.granted,
    others: others.map((each) => ({ lease: leaseName(each.budget, each.startsMs, holder), granted: each.lease.granted })),
    endsInMs,
    limit: window.limit,
    charged: window.charged,
    remaining: Math.max(0, window.limit - window.committed),
  };
}

/** Nobody gives back what others hold. */
function ownLease(lease: string, budget: string, holder: string): LeaseKey | null {
  const key = readLeaseName(lease);
  return key !== null && key.budget === budget && key.holder === holder ? key : null;
}

type Windows = ReadonlyMap<string, { readonly startsAt: number }>;

function* windowsOf(requests: readonly BudgetLeaseRequest[], open: Windows): Generator<Pick<LeaseKey, 'budget' | 'startsMs'>> {
  for (const [budget, { startsAt }] of open) yield { budget, startsMs: startsAt };
  for (const { holder, budgets } of requests)
    for (const { budget, leases } of budgets)
      for (const { lease } of leases) {
        const key = ownLease(lease, budget, holder);
        if (key !== null) yield key;
      }
}

async function countHolders(client: PoolClient, open: Windows): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ readonly budget_id: string; readonly holders: number }>({
    name: 'count-budget-holders',
    text: `SELECT budget_id, count(*)::int AS holders FROM auth.budget_leases
           JOIN unnest($1::text[], $2::bigint[]) AS open (budget_id, starts_ms) USING (budget_id, starts_ms)
           WHERE seen_at > clock_timestamp() - make_interval(secs => $3) GROUP BY budget_id`,
    values: [[...open.keys()], [...open.values()].map(({ startsAt }) => startsAt), HOLDER_SEEN_MS / 1_000],
  });
  return new Map(rows.map((row) => [row.budget_id, row.holders]));
}
