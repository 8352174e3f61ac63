import { z } from 'zod';
import { EXPOSURE_ACTIONS } from './watching.js';

/** One usable secret of a token. The digest is HMAC-SHA256(pepper of that version, whole token text), base64url. */
export const TokenSecretSchema = z.object({
  id: z.string(),
  digest: z.string(),
  pepperVersion: z.int().positive(),
  state: z.enum(['active', 'grace']),
  /** ms since the epoch; null = as long as the token. */
  expiresAt: z.int().nullable(),
});
export type TokenSecret = z.infer<typeof TokenSecretSchema>;

/** Rate of one limit: `limit` per `periodMs`, with up to `burst` at once. */
export const RateLimitSchema = z.object({
  limit: z.int().positive(),
  periodMs: z.int().positive(),
  burst: z.int().positive(),
});
export type RateLimit = z.infer<typeof RateLimitSchema>;

/** Whose counter or whose money it is: the key's own, or one that it shares with all keys of its team or organisation. */
export const LimitSubjectSchema = z.enum(['token', 'team', 'organisation']);
export type LimitSubject = z.infer<typeof LimitSubjectSchema>;

const limitFields = {
  /** Name of the counter, the same wherever it is leased: `requests:tok_...`, with `:<model glob>` appended where it is per model. */
  bucket: z.string(),
  /** Glob over model names that it counts; null = every call. */
  models: z.string().nullable(),
  subject: LimitSubjectSchema,
};
/** One limit. All that match a call apply at once. */
export const LimitSpecSchema = z.discriminatedUnion('kind', [
  z.object({ ...limitFields, kind: z.literal('requests'), rate: RateLimitSchema }),
  z.object({ ...limitFields, kind: z.literal('tokens'), rate: RateLimitSchema }),
  /** `limit` calls under way at once. */
  z.object({ ...limitFields, kind: z.literal('concurrency'), rate: z.object({ limit: z.int().positive() }) }),
]);
export type LimitSpec = z.infer<typeof LimitSpecSchema>;

/** A budget that calls reserve from; its amount and window are kept by the authority alone. */
export const BudgetSpecSchema = z.object({
  id: z.string(),
  /** Glob over model names that it pays for; null = every call. */
  models: z.string().nullable(),
  subject: LimitSubjectSchema,
  /** false: beyond it an alert is raised and calls go on. */
  hard: z.boolean(),
});
export type BudgetSpec = z.infer<typeof BudgetSpecSchema>;

export const WEEK_DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/**
 * Open on each of the days from `from` (included) to `to` (excluded), wall-clock time of the zone. Where `to` is not later
 * than `from` it lies on the next day; the same text twice is a whole day and night.
 */
export const TimeWindowSchema = z.object({
  days: z.array(z.enum(WEEK_DAYS)),
  /** HH:MM, 00:00 to 23:59. */
  from: z.string(),
  /** HH:MM, 00:00 to 24:00. */
  to: z.string(),
  /** IANA name, for instance Europe/Vienna. */
  timeZone: z.string(),
});
export type TimeWindow = z.infer<typeof TimeWindowSchema>;

export const TokenPolicySchema = z.object({
  /** `verb:resource` with globs, for instance `llm:chat`, `llm:*`, `admin:tokens:write`. Default deny. */
  scopes: z.array(z.string()),
  /** Globs over model names; deny overrides; an empty allow-list allows none. */
  models: z.object({ allow: z.array(z.string()), deny: z.array(z.string()) }),
  /** CIDR blocks of v4 and v6; deny overrides; an empty allow-list allows every address. A v4 address mapped into v6 is v4. */
  addresses: z.object({ allow: z.array(z.string()), deny: z.array(z.string()) }),
  /** Served while one of them is open; none = always. */
  windows: z.array(TimeWindowSchema),
  /** Of the key itself, its parents, its team and its organisation. */
  limits: z.array(LimitSpecSchema),
  /** Bounds of one request, null = none. Output: what is asked for beyond it is cut down to it. */
  caps: z.object({
    inputTokens: z.int().positive().nullable(),
    outputTokens: z.int().positive().nullable(),
    requestBytes: z.int().positive().nullable(),
  }),
  /** Budgets that a call must reserve from, each of them; empty = unlimited. */
  budgets: z.array(BudgetSpecSchema),
  /**
   * Consent that prompts and answers may be kept. Nothing reads it yet: no part of the gateway keeps any, whatever it says. A child
   * may not have it where a parent has not, so that it holds once something asks for it.
   */
  contentLogging: z.boolean(),
  /** Never served without a fresh check. */
  strict: z.boolean(),
});
export type TokenPolicy = z.infer<typeof TokenPolicySchema>;

/** No scope and no model, no bound either: what policies are made from. */
export const EMPTY_POLICY: TokenPolicy = {
  scopes: [],
  models: { allow: [], deny: [] },
  addresses: { allow: [], deny: [] },
  windows: [],
  limits: [],
  caps: { inputTokens: null, outputTokens: null, requestBytes: null },
  budgets: [],
  contentLogging: false,
  strict: false,
};

/** The part of a policy that says who may call what, when and from where. */
export const AccessRulesSchema = TokenPolicySchema.pick({ scopes: true, models: true, addresses: true, windows: true });
export type AccessRules = z.infer<typeof AccessRulesSchema>;

/** What a router keeps of a token. It can check a secret with it, not make one. */
export const TokenSnapshotSchema = z.object({
  id: z.string(),
  /** The 12 characters inside the token text. */
  publicId: z.string(),
  /** `k` API key, `a` management key, `o` OAuth client or a user's grant to one: that one is proven by a signature, never by a secret. */
  type: z.enum(['k', 'a', 'o']),
  name: z.string(),
  organisationId: z.string(),
  teamId: z.string().nullable(),
  /** Of the operating organisation: a management key of it may touch what belongs to the installation. */
  operator: z.boolean().optional(),
  /** `user_...` or `sa_...`; absent or null = nobody in particular. */
  ownerId: z.string().nullable().optional(),
  /** Its own, or that of a parent that is no longer active. */
  status: z.enum(['active', 'revoked', 'suspended']),
  /** The earliest of its own, its parents' and the end of an idleness that has been reached. */
  expiresAt: z.int().nullable(),
  secrets: z.array(TokenSecretSchema).max(8),
  /** Limits, budgets, caps and switches count in those of its parents; who, what, when and where stand in `parents` as well. */
  policy: TokenPolicySchema,
  /** Rules of the parents, the nearest first; each of them must admit a call as well. Absent = no parent. */
  parents: z.array(AccessRulesSchema).max(8).optional(),
  /** What to do where the body of a call of this key holds one of our tokens; absent = alert. */
  exposure: z.enum(EXPOSURE_ACTIONS).optional(),
  /** Grows with every change. */
  revision: z.int().nonnegative(),
});
export type TokenSnapshot = z.infer<typeof TokenSnapshotSchema>;

export const TokenResolveRequestSchema = z.object({ publicId: z.string().regex(/^[0-9A-Za-z]{12}$/) });
export type TokenResolveRequest = z.infer<typeof TokenResolveRequestSchema>;

/** `sequence` is the feed's at the time of the read: the answer is at least that fresh. `stale`: Postgres is out of reach. */
export const TokenResolveReplySchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('found'), token: TokenSnapshotSchema, sequence: z.int() }),
  z.object({ status: z.literal('unknown'), sequence: z.int() }),
  z.object({ status: z.literal('stale') }),
]);
export type TokenResolveReply = z.infer<typeof TokenResolveReplySchema>;

/** When secrets were last used, and by whom; sent in batches, at most once a minute for each secret and caller. */
export const TokenUsedReportSchema = z.object({
  v: z.literal(1),
  uses: z
    .array(
      z.object({
        secretId: z.string(),
        /** ms since the epoch. */
        usedAt: z.int().positive(),
        /** Who used it, in which block of addresses and with what program, as {@link WatchSighting} has them; and how often since the last report. */
        network: z.string().max(64).optional(),
        userAgent: z.string().max(40).optional(),
        count: z.int().positive().optional(),
        /** The same secret under the current pepper, where its digest is of an older one. `proof` shows that the sender knows the pepper. */
        renewed: z
          .object({ digest: z.string(), pepperVersion: z.int().positive(), replaces: z.string(), proof: z.string() })
          .optional(),
      }),
    )
    .max(1_000),
});
export type TokenUsedReport = z.infer<typeof TokenUsedReportSchema>;
export type TokenUse = TokenUsedReport['uses'][number];
/** `stale`: Postgres is out of reach, to be sent again. */
export const TokenUsedReplySchema = z.object({ status: z.enum(['ok', 'stale']) });
export type TokenUsedReply = z.infer<typeof TokenUsedReplySchema>;

/** One change. Sequences are gapless and in commit order. */
export const FeedEventSchema = z.object({
  sequence: z.int().positive(),
  /** Of the key; empty where the event is not about one. */
  publicId: z.string(),
  /**
   * changed: drop the cached copy. revoked: refuse at once and end live streams. scope_changed: as `changed`, for every key of
   * the organisation, or of its team. jwt_denied: the access token `jti` is refused until it has expired. keys_changed: the
   * signing keys were exchanged. A kind that a reader does not know means that it no longer knows anything: all copies are dropped.
   */
  kind: z.enum(['changed', 'revoked', 'scope_changed', 'jwt_denied', 'keys_changed', 'unknown']).catch('unknown'),
  /** Of scope_changed. */
  organisationId: z.string().optional(),
  /** Of scope_changed; absent = all of the organisation. */
  teamId: z.string().optional(),
  /** Of changed: this secret has ended; a copy that is kept for an outage forgets it at once. */
  secretId: z.string().optional(),
  /** Of jwt_denied. */
  jti: z.string().optional(),
  /** Of jwt_denied: ms since the epoch. */
  expiresAt: z.int().optional(),
});
export type FeedEvent = z.infer<typeof FeedEventSchema>;

/** `sequence` = the last one committed, read from Postgres within the last second; `events` those just committed (none in a bare heartbeat). */
export const FeedMessageSchema = z.object({
  v: z.literal(1),
  sequence: z.int().nonnegative(),
  events: z.array(FeedEventSchema),
});
export type FeedMessage = z.infer<typeof FeedMessageSchema>;

export const FeedReadRequestSchema = z.object({ after: z.int().nonnegative() });
export type FeedReadRequest = z.infer<typeof FeedReadRequestSchema>;
/** `truncated`: events that old are gone or too many; drop the whole cache and go on from `sequence`. */
export const FeedReadReplySchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('ok'), sequence: z.int(), events: z.array(FeedEventSchema) }),
  z.object({ status: z.literal('truncated'), sequence: z.int() }),
  z.object({ status: z.literal('stale') }),
]);
export type FeedReadReply = z.infer<typeof FeedReadReplySchema>;
