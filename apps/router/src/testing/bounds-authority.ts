import { type BudgetChargeRequest, type BudgetLeaseRequest, type QuotaLeaseRequest, SUBJECTS } from '@tollgate/contracts';
import { decodeJson, encodeJson } from '@tollgate/kernel';
import {
  answerAsk,
  type BucketState,
  chargeMoney,
  closeMoney,
  grantMoney,
  type MoneyLease,
  type MoneyStep,
  type MoneyWindow,
  moneyOut,
  NO_LEASE,
  releaseMoney,
} from '@tollgate/policy';
import type { Transport } from '@tollgate/transport';

/** What auth answers about limits and money, with its own decisions and without its database: one window per budget. */
export class BoundsAuthority {
  readonly buckets = new Map<string, BucketState>();
  readonly windows = new Map<string, MoneyWindow>();
  readonly leases = new Map<string, MoneyLease>();
  readonly charges: BudgetChargeRequest['charges'] = [];
  readonly gone: string[] = [];
  currency = 'USD';
  up = true;
  private count = 0;

  constructor(transport: Transport) {
    transport.respond(SUBJECTS.budgetLease, 'bounds', async ({ body }) =>
      encodeJson(this.up ? this.lendMoney(decodeJson(body) as BudgetLeaseRequest) : { status: 'stale' }),
    );
    transport.respond(SUBJECTS.budgetCharge, 'bounds', async ({ body }) => {
      if (!this.up) return encodeJson({ status: 'stale' });
      for (const charge of (decodeJson(body) as BudgetChargeRequest).charges) this.charge(charge);
      return encodeJson({ status: 'ok' });
    });
    transport.respond(SUBJECTS.budgetHolderGone, 'bounds', async ({ body }) => {
      if (!this.up) return encodeJson({ status: 'stale' });
      const { holder } = decodeJson(body) as { holder: string };
      this.gone.push(holder);
      for (const lease of this.leases.keys()) if (lease.endsWith(`/${holder}`)) this.step(lease, closeMoney);
      return encodeJson({ status: 'ok' });
    });
  }

  budget(id: string, limit: number): void {
    this.windows.set(id, { limit, committed: 0, charged: 0 });
  }

  /** Out on leases, of all budgets. */
  get out(): number {
    return [...this.leases.values()].reduce((sum, lease) => sum + moneyOut(lease), 0);
  }

  lend(request: QuotaLeaseRequest): object {
    return {
      status: 'ok',
      leases: request.leases.map((ask) => {
        this.count += 1;
        const context = { holder: request.holder, nowUs: Math.floor(performance.now() * 1_000), leaseId: String(this.count) };
        const step = answerAsk(this.buckets.get(ask.bucket) ?? null, ask, context);
        this.buckets.set(ask.bucket, step.state);
        return step.answer;
      }),
    };
  }

  private lendMoney(request: BudgetLeaseRequest): object {
    return {
      status: 'ok',
      budgets: request.budgets.map((ask) => {
        if (!this.windows.has(ask.budget)) return { status: 'unknown', budget: ask.budget, name: '' };
        if (ask.currency !== this.currency) return { status: 'currency', budget: ask.budget, name: `the ${ask.budget}` };
        for (const { lease, released } of ask.leases) this.step(lease, (step) => releaseMoney(step, released));
        const lease = `${ask.budget}/0/${request.holder}`;
        const next = this.step(lease, (step) => grantMoney(step, { ...ask, replicas: 1 }));
        return {
          status: 'ok',
          budget: ask.budget,
          name: `the ${ask.budget}`,
          period: 'month',
          currency: this.currency,
          lease,
          granted: next.lease.granted,
          others: [],
          endsInMs: 86_400_000,
          limit: next.window.limit,
          charged: next.window.charged,
          remaining: Math.max(0, next.window.limit - next.window.committed),
        };
      }),
    };
  }

  private charge(charge: BudgetChargeRequest['charges'][number]): void {
    if (this.charges.some(({ id, budget }) => id === charge.id && budget === charge.budget)) return;
    this.charges.push(charge);
    if (charge.lease !== null) this.step(charge.lease, (step) => chargeMoney(step, charge.nano));
  }

  private step(lease: string, work: (step: MoneyStep) => MoneyStep): MoneyStep {
    const id = lease.split('/')[0] as string;
    const window = this.windows.get(id) as MoneyWindow;
    const next = work({ window, lease: this.leases.get(lease) ?? NO_LEASE });
    this.windows.set(id, next.window);
    this.leases.set(lease, next.lease);
    return next;
  }
}
