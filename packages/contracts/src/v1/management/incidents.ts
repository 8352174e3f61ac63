import { z } from 'zod';
import { EXPOSURE_ACTIONS } from '../watching.js';
import { idOf, lineOf } from './line.js';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';
import { TokenIdSchema } from './tokens.js';

export const IncidentIdSchema = idOf('inc', 'an incident');

export const WATCH_RULES = [
  'spent_secret_used',
  'honey_token_used',
  'token_exposed',
  'new_network',
  'new_user_agent',
  'sleeping_key_woke',
  'refusal_burst',
  'scope_probing',
  'garbage_burst',
  'grant_reused',
  'rotation_failed',
  'budget_alert',
] as const;
export type WatchRule = (typeof WATCH_RULES)[number];

/** What is done beside the alert. Each holds only for findings that somebody who has a secret of the key has caused. */
export const WATCH_ACTIONS = ['alert', 'slow_down', 'suspend'] as const;
export type WatchAction = (typeof WATCH_ACTIONS)[number];
export const INCIDENT_STATES = ['open', 'acknowledged', 'resolved'] as const;
export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Marks a key as a decoy: nobody has a reason to use it, so whoever does has found it where it was laid out. */
export const HONEY_TAG = 'honeytoken';

/** Facts that the rule went by: names and numbers, never a secret, a prompt or a whole address. */
export const EvidenceSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
export type Evidence = z.infer<typeof EvidenceSchema>;

export const IncidentSchema = z.object({
  id: z.string(),
  rule: z.enum(WATCH_RULES),
  severity: z.enum(SEVERITIES),
  /** One sentence: why it was raised. */
  reason: z.string(),
  /** null = about no key. */
  token_id: z.string().nullable(),
  token_name: z.string().nullable(),
  public_id: z.string().nullable(),
  secret_id: z.string().nullable(),
  /** Of the latest occurrences, newest first. */
  evidence: z.array(EvidenceSchema),
  first_seen_at: z.string(),
  last_seen_at: z.string(),
  count: z.int(),
  state: z.enum(INCIDENT_STATES),
  action: z.object({
    kind: z.enum(WATCH_ACTIONS),
    /** none: an alert alone, or the key was out of service already. ended: its time is over. undone: by a restore. */
    state: z.enum(['none', 'in_force', 'ended', 'undone']),
    until: z.string().nullable(),
  }),
  /** Ids of a user or a token. */
  acknowledged_by: z.string().nullable(),
  acknowledged_at: z.string().nullable(),
  resolved_by: z.string().nullable(),
  resolved_at: z.string().nullable(),
  updated_at: z.string(),
  revision: z.int(),
});
export type Incident = z.infer<typeof IncidentSchema>;

export const ListIncidentsQuerySchema = PageQuerySchema.extend({
  state: z.enum(INCIDENT_STATES).optional(),
  rule: z.enum(WATCH_RULES).optional(),
  severity: z.enum(SEVERITIES).optional(),
  token_id: TokenIdSchema.optional(),
  public_id: lineOf(12).optional(),
  /** Last seen at that time or later. */
  since: z.iso.datetime({ offset: true }).optional(),
});
export type ListIncidentsQuery = z.infer<typeof ListIncidentsQuerySchema>;

const RuleSettingsSchema = z.object({
  enabled: z.boolean().default(true),
  action: z.enum(WATCH_ACTIONS).default('alert'),
});
/** Nobody is known to have caused it, or what did it is out of service already. */
const AlertOnlySchema = z.object({ enabled: z.boolean().default(true), action: z.literal('alert').default('alert') });

const seconds = z.int().min(10).max(86_400);
/** Whole settings; what is left out is the default. */
export const PutWatchSettingsSchema = z.object({
  /** Where the body of a call holds one of our tokens. */
  exposure: z.enum(EXPOSURE_ACTIONS).default('alert'),
  rules: z
    .object({
      spent_secret_used: RuleSettingsSchema.prefault({}),
      honey_token_used: RuleSettingsSchema.prefault({}),
      token_exposed: RuleSettingsSchema.prefault({}),
      new_network: RuleSettingsSchema.prefault({}),
      new_user_agent: RuleSettingsSchema.prefault({}),
      sleeping_key_woke: RuleSettingsSchema.prefault({}),
      refusal_burst: RuleSettingsSchema.prefault({}),
      scope_probing: RuleSettingsSchema.prefault({}),
      garbage_burst: AlertOnlySchema.prefault({}),
      grant_reused: AlertOnlySchema.prefault({}),
      rotation_failed: AlertOnlySchema.prefault({}),
      budget_alert: AlertOnlySchema.prefault({}),
    })
    .prefault({}),
  /** A key is known well enough after so many calls, or after so long. */
  learning: z
    .object({ uses: z.int().min(1).max(1_000_000).default(1_000), hours: z.int().min(1).max(720).default(24) })
    .prefault({}),
  sleeping_days: z.int().min(1).max(365).default(30),
  /** So many refusals within so long. */
  refusals: z.object({ count: z.int().min(2).max(100_000).default(20), window_seconds: seconds.default(300) }).prefault({}),
  /** So many different scopes refused within the same time. */
  probed_scopes: z.int().min(2).max(32).default(4),
  /** What `slow_down` means. */
  slow_down: z
    .object({ requests_per_minute: z.int().min(1).max(100_000).default(6), minutes: z.int().min(1).max(10_080).default(60) })
    .prefault({}),
});
export type PutWatchSettings = z.infer<typeof PutWatchSettingsSchema>;

export const WatchSettingsSchema = PutWatchSettingsSchema.extend({ updated_at: z.string().nullable(), revision: z.int() });
export type WatchSettings = z.infer<typeof WatchSettingsSchema>;

const row = { service: 'auth', tag: 'incidents' } as const;
const read = { ...row, permission: 'admin:incidents:read' } as const;
const write = { ...row, permission: 'admin:incidents:write', conditional: true } as const;
const answer = { status: 200, description: 'The incident as it is now', schema: IncidentSchema };
const settings = { status: 200, description: 'The settings in force', schema: WatchSettingsSchema };

export const INCIDENT_OPERATIONS = defineOperations({
  listIncidents: {
    ...read,
    method: 'GET',
    path: '/api/v1/incidents',
    summary: 'List the incidents of the organisation, newest first',
    query: ListIncidentsQuerySchema,
    answer: { status: 200, description: 'A page of incidents', schema: pageOf(IncidentSchema) },
  },
  getIncident: {
    ...read,
    method: 'GET',
    path: '/api/v1/incidents/{id}',
    summary: 'Read an incident',
    answer,
    errors: ['not_found'],
  },
  acknowledgeIncident: {
    ...write,
    method: 'POST',
    path: '/api/v1/incidents/{id}/acknowledge',
    summary: 'Say that somebody looks after an incident',
    description: 'Again changes nothing.',
    answer,
    errors: ['not_found', 'conflict'],
  },
  resolveIncident: {
    ...write,
    method: 'POST',
    path: '/api/v1/incidents/{id}/resolve',
    summary: 'Close an incident',
    description: 'What it did to the key stays as it is: restore undoes that. The next finding of the rule opens another one.',
    answer,
    errors: ['not_found'],
  },
  restoreIncident: {
    ...write,
    method: 'POST',
    path: '/api/v1/incidents/{id}/restore',
    summary: 'Undo what an incident did to its key',
    description:
      'Ends the suspension or the slowing, at every router within a second, and closes the incident. A key that holds more than the caller is out of its reach.',
    answer,
    errors: ['not_found', 'conflict'],
  },
  getWatchSettings: {
    ...row,
    permission: 'admin:watching:read',
    method: 'GET',
    path: '/api/v1/watching',
    summary: 'Read what is watched, and what is done about it',
    answer: settings,
  },
  putWatchSettings: {
    ...row,
    permission: 'admin:watching:write',
    conditional: true,
    method: 'PUT',
    path: '/api/v1/watching',
    summary: 'Set what is watched, and what is done about it',
    description: 'What is left out is the default. In force at every router within a second.',
    body: PutWatchSettingsSchema,
    answer: settings,
  },
});
