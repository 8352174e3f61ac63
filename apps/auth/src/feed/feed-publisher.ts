import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type FeedMessage, SUBJECTS } from '@tollgate/contracts';
import { type Clock, encodeJson } from '@tollgate/kernel';
import { CLOCK, LOGGER, READINESS, type Readiness, TRANSPORT } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import { ControlPool, STALE } from '../database/control-pool.js';
import { readFeed } from './read-feed.js';

const HEARTBEAT_MS = 1_000;
const READY_WITHIN_MS = 3_000;

/**
 * Says on the bus what the feed's tail is: after each commit of this process, and every second. It never says what it
 * has not just read, so a heartbeat proves that Postgres was reached within the last second. What other replicas committed
 * is in the tail too; routers know by the numbers what they have seen.
 */
@Injectable()
export class FeedPublisher implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null;
  /** null before the first reading. */
  private published: number | null = null;
  private running: Promise<void> | null = null;
  private again = false;
  private publishedAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(ControlPool) private readonly pool: ControlPool,
    @Inject(TRANSPORT) private readonly transport: Transport,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(READINESS) readiness: Readiness,
  ) {
    readiness.register('feed', () => {
      const ready = this.clock.monotonic() - this.publishedAt <= READY_WITHIN_MS;
      return { ready, detail: ready ? 'heartbeat sent' : 'no heartbeat within 3 s' };
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => this.publishSoon(), HEARTBEAT_MS);
    await this.publishSoon();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    await this.running;
  }

  /** Reads the tail and publishes it; a call while that is under way has it done once more. Resolves when done. */
  publishSoon(): Promise<void> {
    if (this.running !== null) {
      this.again = true;
      return this.running;
    }
    this.running = this.work().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async work(): Promise<void> {
    do {
      this.again = false;
      try {
        await this.publishTail();
      } catch (error) {
        this.logger.warn({ error }, 'the revocation feed could not be published');
      }
    } while (this.again);
  }

  private async publishTail(): Promise<void> {
    const after = this.published ?? 0;
    const tail = await this.pool.run((client) => readFeed(client, this.published === null ? Number.MAX_SAFE_INTEGER : after));
    if (tail === STALE) return;
    // Too much happened at once, or this is the first reading: routers see the gap and read what they lack.
    const message: FeedMessage = { v: 1, sequence: tail.sequence, events: [...(tail.events ?? [])] };
    this.transport.publish(SUBJECTS.feed, encodeJson(message));
    this.published = tail.sequence;
    this.publishedAt = this.clock.monotonic();
  }
}
