import type { OnModuleDestroy } from '@nestjs/common';
import { type AuditDenial, SUBJECTS } from '@tollgate/contracts';
import { type Clock, encodeJson } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';

const SEND_EVERY_MS = 1_000;
/** Refusals alike within it are one entry of the trail, or two: the first at once, the others with their number. */
const TOGETHER_MS = 60_000;
const TIMEOUT_MS = 5_000;
/** Of different keys, operations and reasons at once; each entry is some 500 bytes. */
const KEPT_MAX = 1_000;

interface Noted {
  readonly first: AuditDenial;
  readonly since: number;
  /** Not written yet. */
  unsent: number;
  /** The first has been written. */
  begun: boolean;
}

export interface DenialLogNeeds {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Brings what the guard refuses to known keys into the audit trail, which auth keeps. Whoever floods us with refused
 * requests writes two events a minute for each operation, and no more is kept here than {@link KEPT_MAX}.
 */
export class DenialLog implements OnModuleDestroy {
  private readonly noted = new Map<string, Noted>();
  private timer: NodeJS.Timeout | null = null;
  private sending: Promise<void> | null = null;
  private dropped = 0;

  constructor(private readonly needs: DenialLogNeeds) {}

  note(denial: Omit<AuditDenial, 'at' | 'count'>): void {
    const { tokenId, permission, reason } = denial;
    const key = `${tokenId} ${permission} ${reason}`;
    const known = this.noted.get(key);
    if (known !== undefined) known.unsent += 1;
    else if (this.noted.size >= KEPT_MAX) this.dropped += 1;
    else {
      const { clock } = this.needs;
      this.noted.set(key, { first: { ...denial, at: clock.now(), count: 1 }, since: clock.monotonic(), unsent: 1, begun: false });
    }
    this.timer ??= setInterval(() => void this.send(false), SEND_EVERY_MS).unref();
  }

  /** Sends what is due: what is new, and what has been counted for a minute; everything where it ends. */
  send(everything: boolean): Promise<void> {
    this.sending ??= this.sendDue(everything).finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  async onModuleDestroy(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    await this.sending;
    await this.send(true);
  }

  private async sendDue(everything: boolean): Promise<void> {
    const { transport, clock, logger } = this.needs;
    const now = clock.monotonic();
    const due = [...this.noted].filter(([, { since, begun }]) => !begun || everything || now - since >= TOGETHER_MS);
    const counts = due.map(([, { unsent }]) => unsent);
    const denials = due.flatMap(([, { first, unsent }]) => (unsent === 0 ? [] : [{ ...first, count: unsent }]));
    if (this.dropped > 0) logger.warn({ count: this.dropped }, 'refusals of more keys than can be audited at once');
    this.dropped = 0;
    try {
      if (denials.length > 0) {
        await transport.request(SUBJECTS.auditDenied, encodeJson({ denials }), { timeoutMs: TIMEOUT_MS });
      }
    } catch (error) {
      logger.warn({ error, count: denials.length }, 'refusals could not be audited yet');
      return;
    }
    for (const [index, [key, noted]] of due.entries()) {
      noted.unsent -= counts[index] ?? 0;
      noted.begun = true;
      if (noted.unsent === 0 && now - noted.since >= TOGETHER_MS) this.noted.delete(key);
    }
    if (this.noted.size > 0 || this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
  }
}
