import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { classifyDatabaseError } from '@tollgate/database';
import { LOGGER } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import { Partitions } from './partitions.js';

const SWEEP_MS = 600_000;

/** Makes partitions ahead of time and drops those past the retention, now and every ten minutes. */
@Injectable()
export class Retention implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(Partitions) private readonly partitions: Partitions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    const sweep = (): void => {
      this.running = this.running.then(() => this.sweep());
    };
    sweep();
    this.timer = setInterval(sweep, SWEEP_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.running;
  }

  private async sweep(): Promise<void> {
    try {
      await this.partitions.ensureAhead();
      const dropped = await this.partitions.dropExpired();
      if (dropped.length > 0) this.logger.info({ dropped }, 'usage records past the retention dropped');
    } catch (error) {
      const { kind, code, message } = classifyDatabaseError(error);
      this.logger.warn({ kind, code, message }, 'partitions of usage records not tended: tried again later');
    }
  }
}
