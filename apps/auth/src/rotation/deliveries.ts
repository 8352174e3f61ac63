import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, LOGGER, PUBLIC_URL } from '@tollgate/nest';
import { type Network, openKept } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import { systemAct } from '../changes/act.js';
import { Changes } from '../changes/changes.js';
import type { Mint } from '../tokens/create-token.js';
import { MINT } from '../tokens/mint-token.js';
import type { WebhookOutcome } from '../webhooks/send-webhook.js';
import { WebhookSender } from '../webhooks/webhook-sender.js';
import type { RotationRow } from './rotation-rows.js';
import { settleDelivery } from './settle-delivery.js';
import { writeMessage } from './write-message.js';

/** Injection token: networks that webhooks may reach although they are not public. */
export const WEBHOOK_NETWORKS = Symbol('WebhookNetworks');

const IN_FLIGHT_MAX = 16;
/** An attempt that is not settled by then was cut off with its process; longer than any attempt takes. */
const CLAIM_MS = 60_000;
const CLOSE_MS = 3_000;

interface Facts {
  readonly name: string;
  readonly signing_secret: Buffer | null;
  readonly old_ends_at: Date | null;
}

/** Sends what rotations have to say, a few at a time: a receiver that is slow holds up no other. */
@Injectable()
export class Deliveries {
  private readonly sender: WebhookSender;
  private readonly inFlight = new Set<Promise<void>>();
  private closing = false;

  constructor(
    @Inject(Changes) private readonly changes: Changes,
    @Inject(MINT) private readonly mint: Mint,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(PUBLIC_URL) private readonly publicUrl: string,
    @Inject(WEBHOOK_NETWORKS) networks: readonly Network[],
  ) {
    this.sender = new WebhookSender(networks);
  }

  /** Claims what is due and sends it; does not wait for the answers. */
  async deliverDue(): Promise<void> {
    const free = IN_FLIGHT_MAX - this.inFlight.size;
    if (free <= 0) return;
    const now = this.clock.now();
    // Claimed by a time that is over when this process dies: the next leader takes it up.
    const [rows]: [RotationRow[], number] = await this.changes.read((manager) =>
      manager.query(
        `UPDATE auth.rotations SET attempts = attempts + 1, next_attempt_at = $2 WHERE id IN (
           SELECT id FROM auth.rotations WHERE next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED
         ) RETURNING *`,
        [new Date(now), new Date(now + CLAIM_MS), free],
      ),
    );
    for (const row of rows) {
      const work = this.deliver(row).finally(() => this.inFlight.delete(work));
      this.inFlight.add(work);
    }
  }

  /** Waits a little for what is under way; the rest is sent again by the next leader. */
  async close(): Promise<void> {
    const timeout = setTimeout(() => this.cut(), CLOSE_MS);
    await Promise.all(this.inFlight);
    clearTimeout(timeout);
    await this.sender.close().catch(() => undefined);
  }

  private cut(): void {
    this.closing = true;
    void this.sender.destroy();
  }

  private async deliver(row: RotationRow): Promise<void> {
    try {
      const outcome = await this.send(row);
      // Cut off by our own end: nobody knows what the receiver has seen.
      if (this.closing && outcome.kind !== 'acknowledged') return;
      if (outcome.kind !== 'acknowledged')
        this.logger.warn({ rotationId: row.id, problem: outcome.problem }, 'a webhook was not taken');
      await this.changes.run(systemAct(row.organisation_id, 'rotation'), (change) => settleDelivery(change, row, outcome));
    } catch (error) {
      this.logger.error({ error, rotationId: row.id }, 'a delivery could not be settled');
    }
  }

  private async send(row: RotationRow): Promise<WebhookOutcome> {
    const facts = await this.factsOf(row);
    const { peppers } = this.mint;
    const secret = facts?.signing_secret == null ? null : openKept(peppers, facts.signing_secret, `${row.token_id}:webhook`);
    if (facts === null || secret === null || row.url === null) return { kind: 'gone', problem: 'no_signing_secret' };
    const { publicUrl } = this;
    const message = writeMessage(row, { name: facts.name, oldSecretEndsAt: facts.old_ends_at, publicUrl, peppers });
    if (message === null) return { kind: 'gone', problem: 'kept_secret_lost' };
    return this.sender.send({ ...message, url: row.url, secret, now: this.clock.now() });
  }

  private async factsOf({ token_id }: RotationRow): Promise<Facts | null> {
    const rows: Facts[] = await this.changes.read((manager) =>
      manager.query(
        `SELECT token.name, schedule.signing_secret, (
           SELECT max(secret.expires_at) FROM auth.token_secrets AS secret
           WHERE secret.token_id = token.id AND secret.state = 'grace'
         ) AS old_ends_at
         FROM auth.tokens AS token LEFT JOIN auth.rotation_schedules AS schedule ON schedule.token_id = token.id
         WHERE token.id = $1`,
        [token_id],
      ),
    );
    return rows[0] ?? null;
  }
}
