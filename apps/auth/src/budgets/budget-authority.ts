import { Inject, Injectable } from '@nestjs/common';
import type { BudgetBooked, BudgetChargeRequest, BudgetLeaseReply, BudgetLeaseRequest } from '@tollgate/contracts';
import { LOGGER } from '@tollgate/nest';
import { fromNano } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import { systemAct } from '../changes/act.js';
import { Changes } from '../changes/changes.js';
import type { Raised } from '../changes/raised.js';
import { ControlPool, STALE } from '../database/control-pool.js';
import { BatchedWork } from '../quota/batched-work.js';
import { type BudgetAlert, chargeBudgets } from './charge-budgets.js';
import { closeHolder } from './close-holder.js';
import { leaseBudgets } from './lease-budgets.js';

const OK: BudgetBooked = { status: 'ok' };
const NOT_BOOKED: BudgetBooked = { status: 'stale' };

/** Keeps the money of budgets: lends it to routers and books what calls cost. */
@Injectable()
export class BudgetAuthority {
  private readonly leases: BatchedWork<BudgetLeaseRequest, BudgetLeaseReply>;
  private readonly charges: BatchedWork<BudgetChargeRequest, BudgetBooked>;

  constructor(
    @Inject(ControlPool) private readonly pool: ControlPool,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.leases = new BatchedWork(pool, leaseBudgets);
    this.charges = new BatchedWork(pool, async (client, requests) => {
      this.tell(
        await chargeBudgets(
          client,
          requests.flatMap(({ charges }) => charges),
        ),
      );
      return requests.map(() => OK);
    });
  }

  async lease(request: BudgetLeaseRequest): Promise<BudgetLeaseReply> {
    return (await this.leases.ask(request)) ?? { status: 'stale' };
  }

  async charge(request: BudgetChargeRequest): Promise<BudgetBooked> {
    return (await this.charges.ask(request)) ?? NOT_BOOKED;
  }

  async close(holder: string): Promise<BudgetBooked> {
    return (await this.pool.run((client) => closeHolder(client, holder))) === STALE ? NOT_BOOKED : OK;
  }

  private tell(alerts: readonly BudgetAlert[]): void {
    for (const { budget, percent, chargedNano } of alerts) {
      const { id, name, organisationId, currency, hard } = budget;
      this.logger.warn(
        { budgetId: id, name, organisationId, percent, spent: fromNano(chargedNano), currency, hard },
        'a budget has passed a mark',
      );
    }
    for (const [organisationId, group] of Map.groupBy(alerts, ({ budget }) => budget.organisationId)) {
      void this.raise(organisationId, group);
    }
  }

  /** After the charges are booked: they are not held up by it, and stand whether or not it can be written. */
  private async raise(organisationId: string, alerts: readonly BudgetAlert[]): Promise<void> {
    try {
      await this.changes.run(systemAct(organisationId, 'budgets'), async (change) => {
        for (const alert of alerts) change.raise(raisedBy(alert, change.now));
      });
    } catch (error) {
      this.logger.error({ error, organisationId }, 'the alert of a budget could not be made an incident');
    }
  }
}

/** One incident for each budget while it is open; a further mark is a further occurrence. */
const raisedBy = ({ budget, percent, chargedNano }: BudgetAlert, now: number): Raised => ({
  finding: {
    rule: 'budget_alert',
    severity: percent >= 100 ? 'high' : 'medium',
    reason: `The budget ${budget.name} has passed ${percent} % of ${fromNano(budget.nano)} ${budget.currency}.`,
    evidence: { budget_id: budget.id, percent, spent: fromNano(chargedNano), currency: budget.currency, hard: budget.hard },
    count: 1,
    at: now,
    secretId: null,
    proven: false,
  },
  subject: budget.id,
  key: null,
});
