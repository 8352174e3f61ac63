import type { AlertWebhook, PutAlertWebhook } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { InvalidFieldsError } from '@tollgate/nest';
import { keepSecret, type Network } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';
import type { Change } from '../changes/changes.js';
import { assertUnchanged } from '../changes/precondition.js';
import type { Mint } from '../tokens/create-token.js';
import { makeSigningSecret } from '../webhooks/make-signing-secret.js';
import { targetMistakes } from '../webhooks/target-mistakes.js';

export interface AlertWebhookRow {
  readonly url: string;
  readonly min_severity: AlertWebhook['min_severity'];
  readonly signing_secret: Buffer;
  readonly last_delivered_at: Date | null;
  readonly last_problem: string | null;
  readonly updated_at: Date;
  readonly revision: number;
}

/** What the sealed secret is bound to. */
export const alertSecretPlace = (organisationId: string): string => `${organisationId}:alerts`;

export async function findAlertWebhook(
  manager: EntityManager,
  organisationId: string,
  lock: boolean,
): Promise<AlertWebhookRow | null> {
  const rows: AlertWebhookRow[] = await manager.query(
    `SELECT * FROM auth.alert_webhooks WHERE organisation_id = $1${lock ? ' FOR UPDATE' : ''}`,
    [organisationId],
  );
  return rows[0] ?? null;
}

export function assertAlertWebhook(row: AlertWebhookRow | null): AlertWebhookRow {
  if (row === null) throw new TollgateError('not_found', 'Alerts are sent nowhere.');
  return row;
}

export const viewAlertWebhook = (row: AlertWebhookRow, signingSecret: string | null): AlertWebhook => ({
  url: row.url,
  min_severity: row.min_severity,
  signing_secret: signingSecret,
  last_delivered_at: row.last_delivered_at?.toISOString() ?? null,
  last_problem: row.last_problem,
  updated_at: row.updated_at.toISOString(),
  revision: row.revision,
});

/** The secret that signs stays unless it is renewed. */
export async function putAlertWebhook(
  change: Change,
  { mint, networks }: { readonly mint: Mint; readonly networks: readonly Network[] },
  asked: PutAlertWebhook,
): Promise<AlertWebhook> {
  const mistakes = targetMistakes(asked.url, networks, '/url');
  if (mistakes.length > 0) throw new InvalidFieldsError([...mistakes]);
  const { manager, act, now } = change;
  const id = act.organisationId;
  const before = await findAlertWebhook(manager, id, true);
  assertUnchanged(act, before ?? { revision: 0 });
  const secret = before === null || asked.renew_signing_secret ? makeSigningSecret(mint) : null;
  const kept = secret === null ? before?.signing_secret : keepSecret(mint.peppers, secret, alertSecretPlace(id));
  const rows: AlertWebhookRow[] = await manager.query(
    `WITH written AS (
       INSERT INTO auth.alert_webhooks AS known (organisation_id, url, min_severity, signing_secret, updated_at)
       VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (organisation_id) DO UPDATE SET url = EXCLUDED.url, min_severity = EXCLUDED.min_severity,
         signing_secret = EXCLUDED.signing_secret, last_problem = NULL, updated_at = EXCLUDED.updated_at, revision = known.revision + 1
       RETURNING *
     ) SELECT * FROM written`,
    [id, asked.url, asked.min_severity, kept, new Date(now)],
  );
  const row = rows[0] as AlertWebhookRow;
  change.audit({
    action: 'alert_webhook.changed',
    target: { type: 'alert_webhook', id, name: null },
    before: before === null ? null : auditView(before),
    after: { ...auditView(row), signingSecretRenewed: secret !== null },
  });
  return viewAlertWebhook(row, secret);
}

export async function deleteAlertWebhook(change: Change): Promise<void> {
  const { manager, act } = change;
  const row = assertAlertWebhook(await findAlertWebhook(manager, act.organisationId, true));
  assertUnchanged(act, row);
  await manager.query('DELETE FROM auth.alert_webhooks WHERE organisation_id = $1', [act.organisationId]);
  change.audit({
    action: 'alert_webhook.removed',
    target: { type: 'alert_webhook', id: act.organisationId, name: null },
    before: auditView(row),
    after: null,
  });
}

/** Paths and queries of chat bridges hold their secrets: the host says enough. */
const auditView = ({ url, min_severity }: AlertWebhookRow) => ({ host: new URL(url).host, minSeverity: min_severity });
