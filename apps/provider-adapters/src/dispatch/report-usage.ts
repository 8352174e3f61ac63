import { SUBJECTS, type UsageReport } from '@tollgate/contracts';
import { encodeJson } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';

const TIMEOUT_MS = 5_000;
const RETRY_MS: readonly number[] = [200, 1_000, 5_000, 15_000, 30_000, 60_000];
const WAITING_MAX = 10_000;

/** Hands usage to analytics that no router can settle any more. Bounded: what cannot be delivered in two minutes is logged in full. */
export class UsageReporter {
  private waiting = 0;
  private readonly stopping = new AbortController();

  constructor(
    private readonly transport: Transport,
    private readonly logger: Logger,
  ) {}

  report(report: UsageReport): void {
    if (this.waiting >= WAITING_MAX) {
      this.logger.error({ report }, 'too many usage reports are waiting: this one is only here');
      return;
    }
    this.waiting += 1;
    void this.deliver(report).finally(() => {
      this.waiting -= 1;
    });
  }

  /** Makes the last attempts at once. */
  stop(): void {
    this.stopping.abort();
  }

  private async deliver(report: UsageReport): Promise<void> {
    const body = encodeJson(report);
    for (const waitMs of [...RETRY_MS, 0]) {
      try {
        await this.transport.request(SUBJECTS.usageReported, body, { timeoutMs: TIMEOUT_MS });
        return;
      } catch (error) {
        if (waitMs === 0) this.logger.error({ report, error }, 'a usage report could not be delivered: it is only here');
        else await this.pause(waitMs);
      }
    }
  }

  private pause(waitMs: number): Promise<void> {
    const { signal } = this.stopping;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, waitMs);
      signal.addEventListener('abort', done, { once: true });
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
  }
}
