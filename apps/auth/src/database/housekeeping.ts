import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LOGGER } from '@tollgate/nest';
import { fromNano } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import { trimRecords } from '../audit/trim-records.js';
import { reapHolders, sweepBudgets } from '../budgets/close-holder.js';
import { trimFeed } from '../feed/trim-feed.js';
import { sweepArtefacts } from '../oauth/store/sweep-artefacts.js';
import { sweepBuckets } from '../quota/sweep-buckets.js';
import { sweepSessions } from '../sessions/session-rows.js';
import { trimCounts } from '../watching/trim-counts.js';
import { ControlPool, STALE } from './control-pool.js';

const PERIOD_MS = 600_000;

/** Removes what nobody needs any more. Every replica does it; each statement is small and may meet another's. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null;

  constructor(
    @Inject(ControlPool) private readonly pool: ControlPool,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.run(), PERIOD_MS).unref();
  }

  onModuleDestroy(): void {
    if (this.timer !== null) clearInterval(this.timer);
  }

  async run(): Promise<void> {
    for (const work of [trimCounts, trimFeed, trimRecords, sweepBuckets, sweepBudgets, sweepSessions, sweepArtefacts]) {
      try {
        await this.pool.run(work);
      } catch (error) {
        this.logger.warn({ error }, 'old rows could not be removed');
      }
    }
    await this.reap();
  }

  private async reap(): Promise<void> {
    try {
      const reaped = await this.pool.run(reapHolders);
      if (reaped === STALE) return;
      for (const { budget, holder, nano } of reaped)
        this.logger.error(
          { budgetId: budget, holder, amount: fromNano(nano) },
          'a router is silent: what it reserved counts as spent',
        );
    } catch (error) {
      this.logger.warn({ error }, 'silent holders of budgets could not be looked for');
    }
  }
}
