import { z } from 'zod';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';
import { TokenSchema, TokenSnippetSchema } from './tokens.js';

const DAY_SECONDS = 86_400;
export const OVERLAP_SECONDS_DEFAULT = DAY_SECONDS;
export const OVERLAP_SECONDS_MAX = 30 * DAY_SECONDS;
/** A one-time link is good for so long, and a new secret that nobody fetched is then destroyed. */
export const SECRET_LINK_LIFETIME_MS = DAY_SECONDS * 1_000;

export const SecretIdSchema = z.string().regex(/^sec_[0-9a-z]{26}$/, 'must be the id of a secret (sec_...)');

/** How long the old secret goes on working beside the new one; 0 = it ends at once. */
const overlap = z.int().min(0).max(OVERLAP_SECONDS_MAX).default(OVERLAP_SECONDS_DEFAULT);

export const RotateTokenSchema = z.object({
  overlap_seconds: overlap,
  /** Ends what is in the way: an older secret in its grace, a new one that is not delivered yet. */
  force: z.boolean().default(false),
  /** `one_time_link`: the answer holds a link for somebody else instead of the text; the old secret stays alone until it is opened. */
  delivery: z.enum(['answer', 'one_time_link']).default('answer'),
});
export type RotateToken = z.infer<typeof RotateTokenSchema>;

const LinkSchema = z.object({ url: z.string(), expires_at: z.string() });

/** `token` (or the link to it) is shown here and never again. */
export const RotatedTokenSchema = TokenSchema.extend({
  /** The new one. */
  secret_id: z.string(),
  token: z.string().nullable(),
  snippets: z.array(TokenSnippetSchema),
  link: LinkSchema.nullable(),
});
export type RotatedToken = z.infer<typeof RotatedTokenSchema>;

export const SecretUseSchema = z.object({
  /** The block that the caller's address lies in: /24 of IPv4, /48 of IPv6. */
  network: z.string().nullable(),
  user_agent: z.string().nullable(),
  last_used_at: z.string(),
});

/** One secret, and who still uses it. */
export const TokenSecretViewSchema = z.object({
  id: z.string(),
  state: z.enum(['pending', 'active', 'grace', 'revoked']),
  created_at: z.string(),
  activated_at: z.string().nullable(),
  /** End of its grace. */
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
  last_used_at: z.string().nullable(),
  /** Calls since its successor became active. */
  uses_in_grace: z.int(),
  /** By whom, newest first, a few at most. */
  last_uses: z.array(SecretUseSchema),
});
export type TokenSecretView = z.infer<typeof TokenSecretViewSchema>;

const UrlSchema = z.string().min(1).max(2_048);
const attempts = z.int().min(1).max(12).default(10);
/**
 * `webhook`: the new secret itself is sent there. `one_time_link`: a link to it, for a chat or mail bridge; the secret is
 * shown to whoever opens the link first. Both are signed requests that count as delivered at an answer of 2xx.
 * A further kind (a Kubernetes Secret) is another member of this union.
 */
export const RotationDeliverySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('webhook'), url: UrlSchema, attempts_max: attempts }),
  z.object({ kind: z.literal('one_time_link'), url: UrlSchema, attempts_max: attempts }),
]);
export type RotationDelivery = z.infer<typeof RotationDeliverySchema>;

export const RotationTimingSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('every'), days: z.int().min(1).max(365) }),
  z.object({ kind: z.literal('cron'), cron: z.string().min(1).max(100), time_zone: z.string().min(1).max(64).default('UTC') }),
]);
export type RotationTimingView = z.infer<typeof RotationTimingSchema>;

export const PutRotationScheduleSchema = z.object({
  timing: RotationTimingSchema,
  /** Each run is later by a part of this that differs from token to token. */
  jitter_seconds: z.int().min(0).max(DAY_SECONDS).default(0),
  overlap_seconds: overlap,
  delivery: RotationDeliverySchema,
  enabled: z.boolean().default(true),
  /** Makes a new secret to sign with; the first PUT makes one in any case. */
  renew_signing_secret: z.boolean().default(false),
});
export type PutRotationSchedule = z.infer<typeof PutRotationScheduleSchema>;

export const RotationScheduleSchema = z.object({
  token_id: z.string(),
  timing: RotationTimingSchema,
  jitter_seconds: z.int(),
  overlap_seconds: z.int(),
  delivery: RotationDeliverySchema,
  enabled: z.boolean(),
  /** null = not any more, or switched off. */
  next_run_at: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  revision: z.int(),
  /** `tgw_...`, in the answer that makes it and never again: the key of the signatures (Standard Webhooks, raw format). */
  signing_secret: z.string().nullable(),
});
export type RotationSchedule = z.infer<typeof RotationScheduleSchema>;

export const ROTATION_STATES = ['pending', 'completed', 'failed', 'cancelled'] as const;
/** One new secret on its way to its owner, or what became of it. */
export const RotationSchema = z.object({
  id: z.string(),
  token_id: z.string(),
  secret_id: z.string(),
  cause: z.enum(['schedule', 'manual']),
  /** The run that it belongs to: there is one rotation of a token and run. */
  period: z.string(),
  delivery: z.enum(['webhook', 'one_time_link']),
  state: z.enum(ROTATION_STATES),
  attempts: z.int(),
  next_attempt_at: z.string().nullable(),
  /** Of the last attempt; never what the receiver answered. */
  last_problem: z.string().nullable(),
  /** Not acknowledged by then, it fails. */
  deadline_at: z.string(),
  created_at: z.string(),
  finished_at: z.string().nullable(),
});
export type Rotation = z.infer<typeof RotationSchema>;

/** The text of the link behind its `#`. */
export const OpenSecretLinkSchema = z.object({ link: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'is no link of ours') });
export type OpenSecretLink = z.infer<typeof OpenSecretLinkSchema>;
export const OpenedSecretSchema = z.object({ name: z.string(), display: z.string(), token: z.string() });
export type OpenedSecret = z.infer<typeof OpenedSecretSchema>;

/** What a rotation's webhook carries as JSON. */
export const RotationMessageSchema = z.discriminatedUnion('type', [
  /** The new secret: refused until this message was answered with 2xx and `token.secret.activated` has come. */
  z.object({
    type: z.literal('token.secret.issued'),
    timestamp: z.string(),
    data: z.object({ token_id: z.string(), name: z.string(), secret_id: z.string(), rotation_id: z.string(), token: z.string() }),
  }),
  z.object({
    type: z.literal('token.secret.link'),
    timestamp: z.string(),
    data: z.object({
      token_id: z.string(),
      name: z.string(),
      secret_id: z.string(),
      rotation_id: z.string(),
      url: z.string(),
      expires_at: z.string(),
    }),
  }),
  /** The new secret works from now on; the old one until `old_secret_ends_at`. */
  z.object({
    type: z.literal('token.secret.activated'),
    timestamp: z.string(),
    data: z.object({
      token_id: z.string(),
      name: z.string(),
      secret_id: z.string(),
      rotation_id: z.string(),
      old_secret_ends_at: z.string().nullable(),
    }),
  }),
]);
export type RotationMessage = z.infer<typeof RotationMessageSchema>;

const row = { service: 'auth', tag: 'rotation', teams: true } as const;
const read = { ...row, permission: 'admin:tokens:read' } as const;
const write = { ...row, permission: 'admin:tokens:write' } as const;

export const ROTATION_OPERATIONS = defineOperations({
  rotateToken: {
    ...write,
    method: 'POST',
    path: '/api/v1/tokens/{id}/rotate',
    conditional: true,
    summary: 'Give a token a new secret',
    description:
      'The id, policy, budgets and history stay. The old secret works until the overlap is over. At most two secrets work or are on their way: a third is refused with 409 unless forced.',
    body: RotateTokenSchema,
    answer: { status: 201, description: 'The token, with the text of its new secret', schema: RotatedTokenSchema },
    errors: ['not_found', 'conflict'],
  },
  listTokenSecrets: {
    ...read,
    method: 'GET',
    path: '/api/v1/tokens/{id}/secrets',
    summary: 'List the secrets of a token, newest first, and who still uses them',
    answer: {
      status: 200,
      description: 'The secrets, without their text',
      schema: z.object({ data: z.array(TokenSecretViewSchema) }),
    },
    errors: ['not_found'],
  },
  revokeTokenSecret: {
    ...write,
    method: 'POST',
    path: '/api/v1/tokens/{id}/secrets/{secret_id}/revoke',
    conditional: true,
    summary: 'End a secret before its time',
    description:
      'One in its grace, or one that is not delivered yet. The active secret is ended by a rotation or by revoking the token. Again changes nothing.',
    answer: { status: 200, description: 'The token as it is now', schema: TokenSchema },
    errors: ['not_found', 'conflict'],
  },
  getRotationSchedule: {
    ...read,
    method: 'GET',
    path: '/api/v1/tokens/{id}/rotation',
    summary: 'Read the rotation schedule of a token',
    answer: { status: 200, description: 'The schedule', schema: RotationScheduleSchema },
    errors: ['not_found'],
  },
  putRotationSchedule: {
    ...write,
    method: 'PUT',
    path: '/api/v1/tokens/{id}/rotation',
    conditional: true,
    summary: 'Set the rotation schedule of a token',
    description:
      'Each run makes a secret that is refused until its delivery has been acknowledged; only then the old one enters its grace. A delivery that fails leaves the old secret alone and shows in the audit trail as token.rotation_failed.',
    body: PutRotationScheduleSchema,
    answer: { status: 200, description: 'The schedule', schema: RotationScheduleSchema },
    errors: ['not_found', 'conflict'],
  },
  deleteRotationSchedule: {
    ...write,
    method: 'DELETE',
    path: '/api/v1/tokens/{id}/rotation',
    conditional: true,
    summary: 'Remove the rotation schedule of a token',
    description: 'A rotation that is under way is cancelled.',
    answer: { status: 204, description: 'Removed', schema: null },
    errors: ['not_found'],
  },
  runRotation: {
    ...write,
    method: 'POST',
    path: '/api/v1/tokens/{id}/rotation/run',
    summary: 'Rotate by the schedule, now',
    description: 'For trying the delivery, and after an incident. The schedule goes on as before.',
    answer: { status: 202, description: 'The rotation, on its way', schema: RotationSchema },
    errors: ['not_found', 'conflict'],
  },
  listRotations: {
    ...read,
    method: 'GET',
    path: '/api/v1/tokens/{id}/rotations',
    summary: 'List the delivered rotations of a token, newest first',
    query: PageQuerySchema,
    answer: { status: 200, description: 'A page of rotations', schema: pageOf(RotationSchema) },
    errors: ['not_found'],
  },
  openSecretLink: {
    service: 'auth',
    tag: 'rotation',
    method: 'POST',
    path: '/api/v1/secret-links/open',
    permission: null,
    summary: 'Open a one-time link',
    description:
      'Open to whoever has the link, once, for 24 hours: it shows the text of the new secret, destroys what was stored of it and makes it the active one.',
    body: OpenSecretLinkSchema,
    answer: { status: 200, description: 'The secret', schema: OpenedSecretSchema },
    errors: ['not_found'],
  },
});
