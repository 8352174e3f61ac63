import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { IncidentMessage } from '@tollgate/contracts';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, dataSourceToken, LOGGER } from '@tollgate/nest';
import { type Network, openKept } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import type { DataSource } from 'typeorm';
import { WEBHOOK_NETWORKS } from '../rotation/deliveries.js';
import { backoffMs } from '../rotation/settle-delivery.js';
import type { Mint } from '../tokens/create-token.js';
import { MINT } from '../tokens/mint-token.js';
import type { WebhookOutcome } from '../webhooks/send-webhook.js';
import { WebhookSender } from '../webhooks/webhook-sender.js';
import { alertSecretPlace } from './put-alert-webhook.js';

const PERIOD_MS = 1_000;
const IN_FLIGHT_MAX = 16;
/** An attempt that is not settled by then was cut off with its process; longer than any attempt takes. */
const CLAIM_MS = 60_000;
/** Some eight hours: then the incident has waited in the console for long enough. */
const ATTEMPTS_MAX = 11;

interface AlertRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly message: IncidentMessage;
  readonly attempts: number;
  readonly url: string;
  readonly signing_secret: Buffer;
}

/** Sends alerts, a few at a time; every replica does, and no two the same. At least once: the id of a message stays. */
@Injectable()
export class AlertSender implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly sender: WebhookSender;
  private readonly inFlight = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    @Inject(dataSourceToken('auth')) private readonly dataSource: DataSource,
    @Inject(MINT) private readonly mint: Mint,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(WEBHOOK_NETWORKS) networks: readonly Network[],
  ) {
    this.sender = new WebhookSender(networks);
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.run(), PERIOD_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    // What is cut off is sent again when its claim is over.
    await this.sender.destroy();
    await Promise.all(this.inFlight);
  }

  /** Claims what is due and sends it; does not wait for the answers. */
  async run(): Promise<void> {
    const free = IN_FLIGHT_MAX - this.inFlight.size;
    if (free <= 0) return;
    try {
      const now = this.clock.now();
      const [rows]: [AlertRow[], number] = await this.dataSource.query(
        `UPDATE auth.alerts AS alert SET attempts = alert.attempts + 1, next_attempt_at = $2
         FROM (SELECT id FROM auth.alerts WHERE next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED) AS due,
           auth.alert_webhooks AS hook
         WHERE alert.id = due.id AND hook.organisation_id = alert.organisation_id
         RETURNING alert.id, alert.organisation_id, alert.message, alert.attempts, hook.url, hook.signing_secret`,
        [new Date(now), new Date(now + CLAIM_MS), free],
      );
      for (const row of rows) {
        const work = this.deliver(row).finally(() => this.inFlight.delete(work));
        this.inFlight.add(work);
      }
    } catch (error) {
      this.logger.warn({ error }, 'alerts that are due could not be looked for');
    }
  }

  private async deliver(row: AlertRow): Promise<void> {
    try {
      await this.settle(row, await this.send(row));
    } catch (error) {
      this.logger.warn({ error, alertId: row.id }, 'an alert could not be settled');
    }
  }

  private async send(row: AlertRow): Promise<WebhookOutcome> {
    const secret = openKept(this.mint.peppers, row.signing_secret, alertSecretPlace(row.organisation_id));
    if (secret === null) return { kind: 'gone', problem: 'no_signing_secret' };
    const body = JSON.stringify(row.message);
    return this.sender.send({ id: row.id, url: row.url, secret, body, now: this.clock.now() });
  }

  private async settle(row: AlertRow, outcome: WebhookOutcome): Promise<void> {
    const now = this.clock.now();
    const { id, organisation_id: organisationId, attempts } = row;
    if (outcome.kind === 'acknowledged') {
      await this.dataSource.query('DELETE FROM auth.alerts WHERE id = $1', [id]);
      await this.dataSource.query(
        'UPDATE auth.alert_webhooks SET last_delivered_at = $2, last_problem = NULL WHERE organisation_id = $1',
        [organisationId, new Date(now)],
      );
      return;
    }
    const { problem, kind } = outcome;
    const last = kind === 'gone' || attempts >= ATTEMPTS_MAX;
    const facts = { alertId: id, organisationId, incidentId: row.message.data.id, problem, attempts };
    if (last) {
      this.logger.error(facts, 'an alert could not be delivered');
      await this.dataSource.query('DELETE FROM auth.alerts WHERE id = $1', [id]);
    } else {
      this.logger.warn(facts, 'an alert was not taken');
      await this.dataSource.query('UPDATE auth.alerts SET next_attempt_at = $2 WHERE id = $1', [
        id,
        new Date(now + backoffMs(attempts)),
      ]);
    }
    await this.dataSource.query('UPDATE auth.alert_webhooks SET last_problem = $2 WHERE organisation_id = $1', [
      organisationId,
      problem,
    ]);
  }
}
