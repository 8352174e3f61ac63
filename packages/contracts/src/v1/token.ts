import { z } from 'zod';

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

export const TokenPolicySchema = z.object({
  /** `verb:resource` with globs, for instance `llm:chat`, `llm:*`, `admin:tokens:write`. Default deny. */
  scopes: z.array(z.string()),
  /** Globs over model names; deny overrides; an empty allow-list allows none. */
  models: z.object({ allow: z.array(z.string()), deny: z.array(z.string()) }),
  requests: RateLimitSchema.nullable(),
  /** Cap on the output tokens of one request, null = none. */
  maxOutputTokens: z.int().positive().nullable(),
  /** Budgets that a call must reserve from; empty = unlimited. */
  budgets: z.array(z.string()),
  /** Never served without a fresh check. */
  strict: z.boolean(),
});
export type TokenPolicy = z.infer<typeof TokenPolicySchema>;

/** What a router keeps of a token. It can check a secret with it, not make one. */
export const TokenSnapshotSchema = z.object({
  id: z.string(),
  /** The 12 characters inside the token text. */
  publicId: z.string(),
  /** `k` API key, `a` management key. */
  type: z.enum(['k', 'a']),
  name: z.string(),
  organisationId: z.string(),
  teamId: z.string().nullable(),
  status: z.enum(['active', 'revoked', 'suspended']),
  expiresAt: z.int().nullable(),
  secrets: z.array(TokenSecretSchema).max(8),
  policy: TokenPolicySchema,
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

/** One change of a token. Sequences are gapless and in commit order. */
export const FeedEventSchema = z.object({
  sequence: z.int().positive(),
  publicId: z.string(),
  /** changed: drop the cached copy. revoked: refuse at once and end live streams. */
  kind: z.enum(['changed', 'revoked']),
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
