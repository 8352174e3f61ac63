import { type AuditRecord, SUBJECTS } from '@tollgate/contracts';
import { encodeJson } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import type { Query } from '../store/session.js';

const LOOK_MS = 1_000;
const TIMEOUT_MS = 5_000;
/** Each is a few KiB at most: together they stay below the bus's largest message. */
const AT_ONCE = 50;

export interface AuditRelayNeeds {
  readonly transport: Transport;
  readonly logger: Logger;
  /** Outside of any transaction. */
  query(): Query;
}

/**
 * Brings the outbox to auth, oldest first, and removes what auth has committed. Several replicas may send the same: auth
 * knows records by their id.
 */
export class AuditRelay {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private away = false;

  constructor(private readonly needs: AuditRelayNeeds) {}

  start(): void {
    this.timer = setInterval(() => void this.run(), LOOK_MS).unref();
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    await this.running;
  }

  /** Sends all that is there; one at a time. */
  run(): Promise<void> {
    this.running ??= this.sendAll().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async sendAll(): Promise<void> {
    const { transport, logger } = this.needs;
    try {
      const query = this.needs.query();
      for (;;) {
        const rows = await query<{ id: string; organisation_id: string; fact: AuditRecord['fact'] }>(
          'SELECT id, organisation_id, fact FROM catalog.audit_outbox ORDER BY id LIMIT $1',
          [AT_ONCE],
        );
        if (rows.length === 0) break;
        const records = rows.map(({ id, organisation_id, fact }) => ({ id, organisationId: organisation_id, fact }));
        await transport.request(SUBJECTS.auditRecord, encodeJson({ records }), { timeoutMs: TIMEOUT_MS });
        await query('DELETE FROM catalog.audit_outbox WHERE id = ANY($1)', [rows.map(({ id }) => id)]);
      }
      this.away = false;
    } catch (error) {
      if (!this.away) logger.warn({ error }, 'changes wait for auth to take them into the audit trail');
      this.away = true;
    }
  }
}
