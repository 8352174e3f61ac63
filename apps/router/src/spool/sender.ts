import { SUBJECTS, type UsageCommitted, UsageCommittedSchema } from '@tollgate/contracts';
import type { RandomBytes } from '@tollgate/kernel';
import { decodeJson } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import { type Charge, chargesIn } from './charges.js';

const ANSWER_MS_MAX = 15_000;
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 5_000;

export interface SenderOptions {
  readonly transport: Transport;
  readonly randomBytes: RandomBytes;
  readonly logger: Logger;
  /** Takes the charges of records that analytics has: resolves when they are safe. */
  readonly charge?: (charges: readonly Charge[]) => Promise<void>;
}

/** Hands batches to analytics and tries until they are acknowledged; a batch may arrive twice, its records count once. */
export class Sender {
  private failures = 0;
  private closed = false;
  private readonly wakers = new Set<() => void>();
  private readonly unlisten: () => void;

  constructor(private readonly options: SenderOptions) {
    this.unlisten = options.transport.onConnectionChange((connected) => {
      if (connected) this.wakeAll();
    });
  }

  /** Consecutive failures; 0 while analytics answers. */
  get failing(): number {
    return this.failures;
  }

  /** Resolves with the sink's word, or with null where the sender was closed before it came. */
  async deliver(body: Uint8Array): Promise<UsageCommitted | null> {
    while (!this.closed) {
      try {
        const reply = await this.options.transport.request(SUBJECTS.usageSettled, body, { timeoutMs: ANSWER_MS_MAX });
        const committed = UsageCommittedSchema.parse(decodeJson(reply));
        if (this.failures > 0) {
          this.options.logger.info({ failures: this.failures }, 'usage records are accepted again');
          this.failures = 0;
          this.wakeAll();
        }
        await this.charge(body);
        return committed;
      } catch (error) {
        this.failures += 1;
        if (this.failures === 1) this.options.logger.warn({ error }, 'usage records are not accepted: kept in the spool');
        await this.pause();
      }
    }
    return null;
  }

  private async charge(body: Uint8Array): Promise<void> {
    const { charge } = this.options;
    if (charge === undefined) return;
    const charges = chargesIn(body);
    if (charges.length > 0) await charge(charges);
  }

  close(): void {
    this.closed = true;
    this.unlisten();
    this.wakeAll();
  }

  private pause(): Promise<void> {
    const longest = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.min(this.failures, 10));
    const jitter = ((this.options.randomBytes(1)[0] as number) / 255) * 0.5 + 0.5;
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.wakers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, longest * jitter);
      this.wakers.add(wake);
      if (this.closed) wake();
    });
  }

  private wakeAll(): void {
    for (const wake of [...this.wakers]) wake();
  }
}
