import type { Clock } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { CatalogStore } from '../store/catalog-store.js';

/** A price that was set for later is at the routers at most so long after its time. */
const TICK_MS = 1_000;

/** Publishes prices when their time has come: until then nothing else would change the views. */
export class PriceTurns {
  private timer: NodeJS.Timeout | null = null;
  private lookedAt: Date;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly parts: { readonly store: CatalogStore; readonly clock: Clock; readonly logger: Logger }) {
    this.lookedAt = new Date(parts.clock.now());
  }

  start(): void {
    this.timer = setInterval(() => {
      this.looking = this.looking.then(() => this.look());
    }, TICK_MS);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.looking;
  }

  private async look(): Promise<void> {
    const { store, clock, logger } = this.parts;
    const now = new Date(clock.now());
    try {
      const turned = await store.query(
        'SELECT 1 FROM catalog.deployment_prices WHERE effective_from > $1 AND effective_from <= $2 LIMIT 1',
        [this.lookedAt, now],
      );
      if (turned.length > 0) await store.write(async () => undefined);
      this.lookedAt = now;
    } catch (error) {
      // Looked for again with the next tick, from the same time on.
      logger.warn({ error }, 'it could not be seen whether a price has begun');
    }
  }
}
