import { z } from 'zod';
import { WEEK_DAYS } from '../token.js';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';

const DAY_MS = 86_400_000;
/** What a token lives where the request does not say. */
export const TOKEN_LIFETIME_MS_DEFAULT = 90 * DAY_MS;

/** The verb stands as it is, globs come after it: no pattern reaches from one verb into another. */
const SCOPE = /^(llm|api|mcp|usage|admin):[A-Za-z0-9*][A-Za-z0-9*._:/-]{0,119}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses.
const PRINTABLE = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/;
/** A line of text that every store and log can hold: no control characters, no half characters. */
const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => PRINTABLE.test(text) && text.isWellFormed(), 'must not hold control characters');

export const TokenNameSchema = line(100).refine((name) => name.trim() === name, 'must not begin or end with a space');
export const ScopeSchema = z
  .string()
  .regex(SCOPE, 'must be <verb>:<resource> with a verb of llm, api, mcp, usage, admin; * stands for any run of characters');
const models = z.array(line(200)).max(500);

const count = z.int().min(1).max(1_000_000_000);
/** `limit` calls per period, with up to `burst` at once (the limit itself where it is not given). */
const RequestLimitSchema = z.object({
  limit: count,
  period_seconds: z.int().min(1).max(86_400).default(60),
  burst: count.optional(),
});

/** Bounds of one request; null = none. What is asked for beyond `output_tokens` is cut down to it, the others are refused. */
const CapsSchema = z.object({
  input_tokens: count.nullable(),
  output_tokens: count.nullable(),
  request_bytes: count.nullable(),
});

export const ManagementTokenTypeSchema = z.enum(['api_key', 'management_key']);
export type ManagementTokenType = z.infer<typeof ManagementTokenTypeSchema>;
export const TOKEN_STATUSES = ['active', 'suspended', 'revoked', 'expired'] as const;
/** RFC 3339, for instance 2026-12-31T23:59:59Z; the hour of any offset. */
const TimeSchema = z.iso.datetime({ offset: true });
export const TokenIdSchema = z.string().regex(/^tok_[0-9a-z]{26}$/, 'must be the id of a token (tok_...)');
const TeamIdSchema = z.string().regex(/^team_[0-9a-z]{26}$/, 'must be the id of a team (team_...)');

const AddressesSchema = z.object({ allow: z.array(line(64)).max(500), deny: z.array(line(64)).max(500) });
const WindowSchema = z.object({
  days: z.array(z.enum(WEEK_DAYS)).min(1, 'a window without days is never open').max(7),
  from: z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'must be a time from 00:00 to 23:59'),
  to: z.string().regex(/^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/, 'must be a time from 00:00 to 24:00'),
  /** IANA name, for instance Europe/Vienna. */
  time_zone: line(64),
});
const TAG = /^[A-Za-z0-9][A-Za-z0-9._:/=@-]{0,63}$/;
const TagSchema = z.string().regex(TAG, 'must be a word of letters, digits and . _ : / = @ -, at most 64');
const OwnerIdSchema = z
  .string()
  .regex(/^(user|sa)_[0-9a-z]{26}$/, 'must be the id of a user (user_...) or of a service account (sa_...)');
const idleDays = z.int().min(1).max(3_650);

/** What may be said of a token at its making and changed later. */
const policyFields = {
  scopes: z.array(ScopeSchema).min(1, 'a token without scopes can do nothing').max(100),
  /** Served while one of them is open; none = always. */
  windows: z.array(WindowSchema).max(50),
  /** Ends where it is not used for so long; null: never. */
  idle_expiry_days: idleDays.nullable(),
  owner_id: OwnerIdSchema.nullable(),
  tags: z.array(TagSchema).max(20),
  content_logging: z.boolean(),
  expires_at: TimeSchema.nullable(),
  team_id: TeamIdSchema.nullable(),
  strict: z.boolean(),
};

/** API keys take `llm:*` and all models, management keys no model, where nothing else is said. */
export const CreateTokenSchema = z.object({
  name: TokenNameSchema,
  type: ManagementTokenTypeSchema.default('api_key'),
  environment: z.enum(['live', 'test']).default('live'),
  scopes: policyFields.scopes.optional(),
  /** Globs over model names; deny overrides; an empty allow-list allows none. */
  models: z.object({ allow: models.default([]), deny: models.default([]) }).optional(),
  limits: z.object({ requests: RequestLimitSchema.nullable().default(null) }).optional(),
  caps: CapsSchema.partial().optional(),
  /** Absent: in 90 days; null: never. */
  expires_at: policyFields.expires_at.optional(),
  /** Absent: after 30 days without use for an API key, never for a management key; null: never. */
  idle_expiry_days: policyFields.idle_expiry_days.optional(),
  /** A child spends from its parent's limits and budgets too, and is a subset of it; what is not said is as the parent has it. */
  parent_id: TokenIdSchema.optional(),
  team_id: policyFields.team_id.optional(),
  owner_id: policyFields.owner_id.optional(),
  tags: policyFields.tags.optional(),
  /** CIDR blocks or single addresses; deny overrides; an empty allow-list allows every address. */
  addresses: AddressesSchema.partial().optional(),
  windows: policyFields.windows.optional(),
  content_logging: policyFields.content_logging.optional(),
  strict: policyFields.strict.optional(),
});
export type CreateToken = z.infer<typeof CreateTokenSchema>;

/** JSON merge patch (RFC 7396): what is absent stays, objects are merged, lists are replaced whole. */
export const ChangeTokenSchema = z
  .object({
    name: TokenNameSchema,
    status: z.enum(['active', 'suspended']),
    ...policyFields,
    models: z.object({ allow: models, deny: models }).partial(),
    addresses: AddressesSchema.partial(),
    caps: CapsSchema.partial(),
    limits: z.object({
      requests: z
        .object({ limit: count, period_seconds: z.int().min(1).max(86_400), burst: count })
        .partial()
        .nullable()
        .optional(),
    }),
  })
  .partial();
export type ChangeToken = z.infer<typeof ChangeTokenSchema>;

export const TokenSchema = z.object({
  id: z.string(),
  /** The 12 characters inside the token text; `display` is its beginning up to there. Neither is secret. */
  public_id: z.string(),
  display: z.string(),
  name: z.string(),
  type: ManagementTokenTypeSchema,
  environment: z.enum(['live', 'test']),
  status: z.enum(TOKEN_STATUSES),
  organisation_id: z.string(),
  team_id: z.string().nullable(),
  owner_id: z.string().nullable(),
  parent_id: z.string().nullable(),
  tags: z.array(z.string()),
  scopes: z.array(z.string()),
  models: z.object({ allow: z.array(z.string()), deny: z.array(z.string()) }),
  limits: z.object({ requests: z.object({ limit: z.int(), period_seconds: z.number(), burst: z.int() }).nullable() }),
  caps: CapsSchema,
  addresses: z.object({ allow: z.array(z.string()), deny: z.array(z.string()) }),
  windows: z.array(z.object({ days: z.array(z.enum(WEEK_DAYS)), from: z.string(), to: z.string(), time_zone: z.string() })),
  content_logging: z.boolean(),
  strict: z.boolean(),
  secrets: z.array(
    z.object({
      id: z.string(),
      state: z.enum(['pending', 'active', 'grace', 'revoked']),
      created_at: z.string(),
      expires_at: z.string().nullable(),
      /** At most two minutes late; null = never used. */
      last_used_at: z.string().nullable(),
    }),
  ),
  expires_at: z.string().nullable(),
  idle_expiry_days: z.int().nullable(),
  last_used_at: z.string().nullable(),
  /** Id of the token, user or part of the system that made it. */
  created_by: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  revoked_at: z.string().nullable(),
  revision: z.int(),
});
export type Token = z.infer<typeof TokenSchema>;

/** A few lines that use the token, for people to copy. */
export const TokenSnippetSchema = z.object({ title: z.string(), language: z.string(), code: z.string() });
export type TokenSnippet = z.infer<typeof TokenSnippetSchema>;

/** `token` (and with it the snippets, none for a management key) is shown here and never again. */
export const CreatedTokenSchema = TokenSchema.extend({ token: z.string(), snippets: z.array(TokenSnippetSchema) });
export type CreatedToken = z.infer<typeof CreatedTokenSchema>;

export const TOKEN_SORTS = ['created_at', 'name', 'expires_at', 'last_used_at'] as const;
/** Descending with a minus. No expiry counts as the latest, no use as the earliest. */
const SortSchema = z.templateLiteral([z.enum(['', '-']), z.enum(TOKEN_SORTS)]);

export const ListTokensQuerySchema = PageQuerySchema.extend({
  status: z.enum(TOKEN_STATUSES).optional(),
  type: ManagementTokenTypeSchema.optional(),
  /** Part of the name, any case. */
  name: line(100).optional(),
  owner_id: OwnerIdSchema.optional(),
  team_id: TeamIdSchema.optional(),
  parent_id: TokenIdSchema.optional(),
  tag: TagSchema.optional(),
  /** Tokens that hold this scope, by a pattern or word for word. */
  scope: line(128).optional(),
  /** Tokens that may use this model. */
  model: line(200).optional(),
  expires_before: TimeSchema.optional(),
  /** Tokens that were not used since, those never used included. */
  last_used_before: TimeSchema.optional(),
  sort: SortSchema.default('-created_at'),
});
export type ListTokensQuery = z.infer<typeof ListTokensQuerySchema>;

/** Which tokens; at least one must be said, and all that are said must hold. */
export const BulkRevokeSchema = z
  .object({
    owner_id: OwnerIdSchema.optional(),
    team_id: TeamIdSchema.optional(),
    parent_id: TokenIdSchema.optional(),
    issued_before: TimeSchema.optional(),
    /** true: nothing is revoked, the answer says what would be. */
    dry_run: z.boolean().default(false),
  })
  .refine(
    ({ owner_id, team_id, parent_id, issued_before }) =>
      [owner_id, team_id, parent_id, issued_before].some((filter) => filter !== undefined),
    'name at least one of owner_id, team_id, parent_id, issued_before',
  );
export type BulkRevoke = z.infer<typeof BulkRevokeSchema>;

export const BulkRevokedSchema = z.object({
  dry_run: z.boolean(),
  /** Tokens that are not revoked yet and that the filters name; the caller's own is never among them. */
  matched: z.int(),
  /** Children of the matched ones included. */
  revoked: z.int(),
  /** Of the matched ones: these hold more than the caller, and stay. */
  out_of_reach: z.int(),
});
export type BulkRevoked = z.infer<typeof BulkRevokedSchema>;

const row = { service: 'auth', tag: 'tokens', teams: true } as const;
const read = { ...row, permission: 'admin:tokens:read' } as const;
const write = { ...row, permission: 'admin:tokens:write' } as const;
const answer = { status: 200, description: 'The token as it is now', schema: TokenSchema };

export const TOKEN_OPERATIONS = defineOperations({
  listTokens: {
    ...read,
    method: 'GET',
    path: '/api/v1/tokens',
    summary: 'List the tokens of the organisation, newest first',
    query: ListTokensQuerySchema,
    answer: { status: 200, description: 'A page of tokens, without their secrets', schema: pageOf(TokenSchema) },
  },
  createToken: {
    ...write,
    method: 'POST',
    path: '/api/v1/tokens',
    summary: 'Make a token',
    description:
      'The text of the token is in the answer and nowhere else. What the caller does not hold is refused: scopes, and models, addresses, times, limits, budgets and caps where its own token (or one above that) has them; a management key makes none that lives longer. What a child would have beyond its parent, and what could never admit anything, is refused with the place and the reason.',
    body: CreateTokenSchema,
    answer: { status: 201, description: 'The token, with its text', schema: CreatedTokenSchema },
    errors: ['conflict'],
  },
  getToken: {
    ...read,
    method: 'GET',
    path: '/api/v1/tokens/{id}',
    summary: 'Read a token',
    answer: { ...answer, description: 'The token, without its secret' },
    errors: ['not_found'],
  },
  changeToken: {
    ...write,
    method: 'PATCH',
    path: '/api/v1/tokens/{id}',
    summary: 'Change, suspend or restore a token',
    description:
      'JSON merge patch. In force at every router within a second. A revoked token stays revoked. A token that holds more than the caller is out of its reach.',
    body: ChangeTokenSchema,
    conditional: true,
    answer,
    errors: ['not_found', 'conflict'],
  },
  bulkRevokeTokens: {
    ...write,
    method: 'POST',
    path: '/api/v1/tokens/bulk-revoke',
    summary: 'Revoke many tokens for ever',
    description:
      'By owner, team, parent or time of issue. In transactions of a hundred, each token with its audit event; asked again after a failure, it goes on where it stopped.',
    body: BulkRevokeSchema,
    answer: { status: 200, description: 'How many', schema: BulkRevokedSchema },
  },
  revokeToken: {
    ...write,
    method: 'POST',
    path: '/api/v1/tokens/{id}/revoke',
    summary: 'Revoke a token for ever',
    description:
      'Refused at every router within a second. Revoking again changes nothing. A token that holds more than the caller is out of its reach.',
    conditional: true,
    answer,
    errors: ['not_found'],
  },
  deleteToken: {
    ...write,
    method: 'DELETE',
    path: '/api/v1/tokens/{id}',
    summary: 'Revoke a token for ever',
    description: 'The same as revoke; its record stays for the audit trail.',
    conditional: true,
    answer,
    errors: ['not_found'],
  },
});
