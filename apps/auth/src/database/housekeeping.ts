import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LOGGER } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import { trimFeed } from '../feed/trim-feed.js';
import { sweepBuckets } from '../quota/sweep-buckets.js';
import { ControlPool } from './control-pool.js';

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
    for (const work of [trimFeed, sweepBuckets]) {
      try {
        await this.pool.run(work);
      } catch (error) {
        this.logger.warn({ error }, 'old rows could not be removed');
      }
    }
  }
}
