import { z } from 'zod';
import { IncidentSchema, SEVERITIES } from './incidents.js';
import { defineOperations } from './operation.js';

export const PutAlertWebhookSchema = z.object({
  url: z.string().min(1).max(2_048),
  /** What is less severe is not sent. */
  min_severity: z.enum(SEVERITIES).default('low'),
  /** Makes a new secret to sign with; the first PUT makes one in any case. */
  renew_signing_secret: z.boolean().default(false),
});
export type PutAlertWebhook = z.infer<typeof PutAlertWebhookSchema>;

export const AlertWebhookSchema = z.object({
  url: z.string(),
  min_severity: z.enum(SEVERITIES),
  /** `tgw_...`, in the answer that makes it and never again: the key of the signatures (Standard Webhooks, raw format). */
  signing_secret: z.string().nullable(),
  last_delivered_at: z.string().nullable(),
  /** Of the last attempt, null where that was good; never what the receiver answered. */
  last_problem: z.string().nullable(),
  updated_at: z.string(),
  revision: z.int(),
});
export type AlertWebhook = z.infer<typeof AlertWebhookSchema>;

/** What is sent: an incident was opened, or has led to something. The id of the message is the same for every attempt. */
export const IncidentMessageSchema = z.object({
  type: z.enum(['incident.opened', 'incident.action_taken']),
  timestamp: z.string(),
  data: IncidentSchema,
});
export type IncidentMessage = z.infer<typeof IncidentMessageSchema>;

const row = { service: 'auth', tag: 'incidents', path: '/api/v1/watching/webhook' } as const;
const answer = { status: 200, description: 'Where alerts go', schema: AlertWebhookSchema };

export const ALERT_WEBHOOK_OPERATIONS = defineOperations({
  getAlertWebhook: {
    ...row,
    permission: 'admin:webhooks:read',
    method: 'GET',
    summary: 'Read where alerts of incidents are sent',
    answer,
    errors: ['not_found'],
  },
  putAlertWebhook: {
    ...row,
    permission: 'admin:webhooks:write',
    conditional: true,
    method: 'PUT',
    summary: 'Have alerts of incidents sent somewhere',
    description:
      'A signed request for each incident that is opened or leads to an action, tried for some hours until it is answered with 2xx.',
    body: PutAlertWebhookSchema,
    answer,
  },
  deleteAlertWebhook: {
    ...row,
    permission: 'admin:webhooks:write',
    conditional: true,
    method: 'DELETE',
    summary: 'Send no more alerts; those on their way are dropped',
    answer: { status: 204, description: 'Gone', schema: null },
    errors: ['not_found'],
  },
});
