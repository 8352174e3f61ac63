import { Inject, Injectable } from '@nestjs/common';
import type { BudgetBooked, BudgetChargeRequest, BudgetLeaseReply, BudgetLeaseRequest } from '@tollgate/contracts';
import { LOGGER } from '@tollgate/nest';
import { fromNano } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
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
  }
}
