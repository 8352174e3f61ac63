import type { BudgetCharge, BudgetLeaseRequest, BudgetSpec } from '@tollgate/contracts';
import { EventQueue } from '../../limits/testing/event-queue.js';
import {
  chargeMoney,
  closeMoney,
  grantMoney,
  type MoneyLease,
  type MoneyStep,
  type MoneyWindow,
  moneyOut,
  NO_LEASE,
  releaseMoney,
} from '../budget-authority.js';
import { type BudgetTicket, settleBudgets, worstCharges } from '../budget-ticket.js';
import type { BudgetAnswer } from '../local-budget.js';
import { LocalBudgets } from '../local-budgets.js';

export interface BudgetSettings {
  /** Billionths; calls reserve from all of them. */
  readonly limits: readonly number[];
  /** Length of every window, null = one for ever. */
  readonly windowMs: number | null;
  /** Calls per second and router. */
  readonly loads: readonly number[];
  /** A call reserves up to so much and uses a share of it. */
  readonly costMax: number;
  readonly callMsMax: number;
  readonly durationMs: number;
  readonly latencyMsMax: number;
  readonly loss: number;
  /** Share of questions, and of charges, that arrive a second time, much later. */
  readonly doubled: number;
  readonly deaths: number;
  readonly random: () => number;
}

export interface BudgetResult {
  readonly admitted: number;
  readonly refused: number;
  /** Most by which charged + reserved ever passed the limit of a window. 0 is the promise. */
  readonly over: number;
  /** What is out on leases after the drain. */
  readonly leaked: number;
  /** What calls cost beside what was charged for them: 0, but for the calls of the dead, who pay the worst case. */
  readonly uncharged: number;
  readonly charged: readonly number[];
}

interface Kept {
  readonly windows: Map<number, MoneyWindow>;
  readonly leases: Map<string, MoneyLease>;
  readonly booked: Set<string>;
}

const TIMEOUT_MS = 1_000;
const TICK_MS = 200;
const WAIT_MS = 100;

/** Routers, their spools and one authority on a virtual clock. */
export function simulateBudgets(settings: BudgetSettings): BudgetResult {
  const { random, limits } = settings;
  const queue = new EventQueue();
  const specs: BudgetSpec[] = limits.map((_, index) => ({ id: `budget_${index}`, models: null, subject: 'token', hard: true }));
  const kept = new Map<string, Kept>(specs.map(({ id }) => [id, { windows: new Map(), leases: new Map(), booked: new Set() }]));
  const count = { admitted: 0, refused: 0, over: 0, uncharged: 0 };
  /** What is reserved by calls that are under way, by lease. */
  const reserved = new Map<string, number>();
  // In the drain the network is well again: what is out then stays out.
  const healed = () => queue.now > settings.durationMs + settings.callMsMax + 5_000;
  const delay = () => random() * (healed() ? 5 : settings.latencyMsMax);
  const lost = () => !healed() && random() < settings.loss;

  const step = (budget: string, lease: string, work: (step: MoneyStep) => MoneyStep) => {
    const book = kept.get(budget) as Kept;
    const startsAt = Number(lease.split('/')[1]);
    const limit = limits[specs.findIndex(({ id }) => id === budget)] as number;
    const window = book.windows.get(startsAt) ?? { limit, committed: 0, charged: 0 };
    const next = work({ window, lease: book.leases.get(lease) ?? NO_LEASE });
    book.windows.set(startsAt, next.window);
    book.leases.set(lease, next.lease);
    count.over = Math.max(count.over, next.window.committed - limit);
    return next;
  };
  const lastTurn = (budget: string, holder: string): number => {
    const mine = [...(kept.get(budget) as Kept).leases].filter(([id]) => id.endsWith(`/${holder}`));
    return Math.max(0, ...mine.map(([, { turn }]) => turn));
  };
  /** The promise itself, from what calls hold and what is charged, without the authority's own books. */
  const verify = () => {
    for (const [index, { id }] of specs.entries()) {
      const sums = new Map<string, number>();
      for (const [lease, sum] of reserved) {
        const [budget, window] = lease.split('/');
        if (budget === id) sums.set(window as string, (sums.get(window as string) ?? 0) + sum);
      }
      const book = kept.get(id) as Kept;
      for (const [window, sum] of sums) {
        const charged = book.windows.get(Number(window))?.charged ?? 0;
        count.over = Math.max(count.over, sum + charged - (limits[index] as number));
      }
    }
  };
  const answer = (request: BudgetLeaseRequest): BudgetAnswer[] =>
    request.budgets.map((ask) => {
      const { windowMs } = settings;
      const startsAt = windowMs === null ? 0 : Math.floor(queue.now / windowMs) * windowMs;
      const lease = `${ask.budget}/${startsAt}/${request.holder}`;
      for (const { lease: old, released } of ask.leases) step(ask.budget, old, (each) => releaseMoney(each, released));
      const { window, lease: mine } = step(ask.budget, lease, (each) =>
        grantMoney(
          { ...each, lease: { ...each.lease, turn: lastTurn(ask.budget, request.holder) } },
          { ...ask, replicas: settings.loads.length },
        ),
      );
      return {
        status: 'ok',
        budget: ask.budget,
        name: ask.budget,
        period: 'total',
        currency: 'USD',
        lease,
        granted: mine.granted,
        others: [...(kept.get(ask.budget) as Kept).leases]
          .filter(([id, each]) => id !== lease && id.endsWith(`/${request.holder}`) && moneyOut(each) > 0)
          .map(([id, each]) => ({ lease: id, granted: each.granted })),
        endsInMs: windowMs === null ? null : Math.floor(startsAt + windowMs - queue.now),
        limit: window.limit,
        charged: window.charged,
        remaining: Math.max(0, window.limit - window.committed),
      };
    });
  const book = (id: string, charges: readonly BudgetCharge[]) => {
    for (const { budget, lease, nano } of charges) {
      const { booked } = kept.get(budget) as Kept;
      if (lease === null || booked.has(id)) continue;
      booked.add(id);
      step(budget, lease, (each) => chargeMoney(each, nano));
    }
  };
  /** As the spool does it: until it is acknowledged. */
  const deliver = (id: string, charges: readonly BudgetCharge[], done: () => void) => {
    if (random() < settings.doubled) queue.after(5_000 * random(), () => book(id, charges));
    queue.after(20 + delay(), () => {
      if (!lost()) book(id, charges);
      if (lost()) queue.after(50, () => deliver(id, charges, done));
      else {
        book(id, charges);
        done();
      }
    });
  };

  settings.loads.forEach((load, index) => {
    const holder = `router-${index}`;
    const budgets = new LocalBudgets({ clock: { now: () => queue.now, monotonic: () => queue.now }, holder });
    const running = new Map<string, { readonly ticket: BudgetTicket; readonly used: number }>();
    let calls = 0;
    let undelivered = 0;
    let dead = false;
    const forget = ({ reservations, nano }: BudgetTicket) => {
      for (const { money } of reservations) reserved.set(money.lease, (reserved.get(money.lease) ?? 0) - nano);
    };
    const delivered = () => {
      undelivered -= 1;
      if (!dead || undelivered > 0) return;
      // The spool has been replayed.
      for (const { id } of specs)
        for (const lease of (kept.get(id) as Kept).leases.keys()) if (lease.endsWith(holder)) step(id, lease, closeMoney);
    };
    const die = () => {
      dead = true;
      undelivered += 1;
      queue.after(3_000, () => {
        for (const [id, { ticket, used }] of running) {
          undelivered += 1;
          count.uncharged += (ticket.nano - used) * specs.length;
          forget(ticket);
          deliver(id, worstCharges(ticket), delivered);
        }
        delivered();
      });
    };
    if (random() < settings.deaths) queue.after(random() * settings.durationMs, die);
    const pump = () => {
      for (let call = dead ? null : budgets.nextRequest(); call !== null; call = budgets.nextRequest()) {
        const sent = call;
        let settled = false;
        const settle = (answers: BudgetAnswer[] | null) => {
          if (settled || dead) return;
          settled = true;
          budgets.settle(sent, answers === null ? null : { status: 'ok', budgets: answers });
          pump();
        };
        queue.after(TIMEOUT_MS, () => settle(null));
        if (random() < settings.doubled) queue.after(TIMEOUT_MS * 3 * random(), () => void answer(sent.request));
        if (lost()) continue;
        queue.after(delay(), () => {
          const answers = answer(sent.request);
          if (!lost()) queue.after(delay(), () => settle(answers));
        });
      }
    };
    const begin = (nano: number, callMs: number) => {
      calls += 1;
      const id = `req-${index}-${calls}`;
      const ticket = budgets.reserve(specs, nano, 'USD');
      const used = Math.floor(random() * (nano + 1));
      running.set(id, { ticket, used });
      count.admitted += 1;
      count.uncharged += used * specs.length;
      for (const { money } of ticket.reservations) reserved.set(money.lease, (reserved.get(money.lease) ?? 0) + nano);
      verify();
      queue.after(callMs, () => {
        if (dead) return;
        running.delete(id);
        forget(ticket);
        const charges = settleBudgets(ticket, used);
        // A settlement that comes twice says the same.
        if (settleBudgets(ticket, 0) !== charges) throw new Error('settled twice');
        if (charges.length === 0) return;
        undelivered += 1;
        deliver(id, charges, delivered);
        pump();
      });
    };
    const attempt = (nano: number, callMs: number, until: number) => {
      if (dead) return;
      const verdict = queue.now > until ? 'refused' : budgets.check(specs, nano, 'USD');
      if (verdict === 'ok') begin(nano, callMs);
      else if (verdict === 'need_lease') budgets.whenSettled(budgets.blocking?.id ?? '', () => attempt(nano, callMs, until));
      else count.refused += 1;
    };
    const arrive = () => {
      if (dead || queue.now > settings.durationMs) return;
      attempt(1 + Math.floor(random() * settings.costMax), random() * settings.callMsMax, queue.now + WAIT_MS);
      pump();
      queue.after((-Math.log(1 - random()) * 1_000) / load, arrive);
    };
    const tick = () => {
      if (dead) return;
      budgets.tick();
      pump();
      queue.after(TICK_MS, tick);
    };
    if (load > 0) queue.after((-Math.log(1 - random()) * 1_000) / load, arrive);
    queue.after(random() * TICK_MS, tick);
  });
  queue.run(settings.durationMs + settings.callMsMax + 60_000);

  const all = [...kept.values()];
  const leaked = all.reduce((sum, { leases }) => sum + [...leases.values()].reduce((out, lease) => out + moneyOut(lease), 0), 0);
  const charged = all.map(({ windows }) => [...windows.values()].reduce((sum, window) => sum + window.charged, 0));
  const sum = charged.reduce((a, b) => a + b, 0);
  return { ...count, uncharged: count.uncharged - sum, leaked, charged };
}
