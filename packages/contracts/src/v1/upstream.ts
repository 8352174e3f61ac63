import { z } from 'zod';
import { UsageBasisSchema, UsageSchema } from './usage.js';

/**
 * What can be asked of a provider; its row says which of them it serves, in which dialect, at which path. An endpoint is a
 * meaning and not a path: `chat.completions` is a turn of a conversation in whatever dialect (messages, responses,
 * generateContent, Converse), so that a call may be planned across dialects.
 */
export const ENDPOINTS = [
  'chat.completions',
  'tokens.count',
  'embeddings',
  'models',
  'completions',
  'images.generations',
  'images.edits',
  'audio.speech',
  'audio.transcriptions',
  'audio.translations',
  'moderations',
  'rerank',
] as const;
export const EndpointSchema = z.enum(ENDPOINTS);
export type Endpoint = z.infer<typeof EndpointSchema>;

/** Wire grammars of conversations, the only ones that are translated into one another. */
export const CHAT_DIALECTS = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
  'cohere-v2',
  'mistral',
  'ollama',
] as const;
export type ChatDialect = (typeof CHAT_DIALECTS)[number];

/** Wire grammars, by the names of their folders. A row may carry one that no adapter speaks yet; the adapter then refuses. */
export const DIALECTS = [
  ...CHAT_DIALECTS,
  'openai-embeddings',
  'openai-completions',
  'openai-images',
  'openai-audio',
  'openai-moderations',
  'openai-models',
  'jina-rerank',
] as const;
export const DialectSchema = z.enum(DIALECTS);
export type Dialect = z.infer<typeof DialectSchema>;

/** Half-open range of bytes in a body. */
const SpanSchema = z.tuple([z.int().nonnegative(), z.int().nonnegative()]);
export type Span = z.infer<typeof SpanSchema>;

/** Where the fields stand that may be edited in place, found once while the body was read. */
export const EditableSpansSchema = z.object({
  model: SpanSchema,
  /** The values of `max_tokens` and `max_completion_tokens`. */
  maxTokens: SpanSchema.nullable(),
  maxCompletionTokens: SpanSchema.nullable(),
  streamOptions: SpanSchema.nullable(),
  /** Just after the opening brace of the body: where a field may be put in. */
  insertAt: z.int().nonnegative(),
});
export type EditableSpans = z.infer<typeof EditableSpansSchema>;

/** One attempt; the body travels beside it as bytes, untouched. Request id, trace, deadline and tenant are headers. */
export const UpstreamCallSchema = z.object({
  v: z.literal(1),
  attempt: z.int().positive(),
  deploymentId: z.string(),
  /** Revision of the snapshot that the router planned with; an adapter that is behind refetches. */
  revision: z.int().nonnegative(),
  endpoint: EndpointSchema,
  /** Dialect of the body and of the answer that is wanted. */
  dialect: DialectSchema,
  stream: z.boolean(),
  spans: EditableSpansSchema,
  /** The model to be asked for instead of the one that the body names: that of a fallback, or of a path. */
  model: z.string().optional(),
  /** Cap to put on the output, null = leave as it is. */
  maxOutputTokens: z.int().positive().nullable(),
  /** What the model writes at most, for dialects where a bound is obligatory; absent = not known. */
  modelOutputTokensMax: z.int().positive().optional(),
  /** The caller itself asked for a usage chunk; otherwise the one that we ask for is withheld. */
  usageAsked: z.boolean(),
  timeouts: z.object({ connectMs: z.int().positive(), firstByteMs: z.int().positive(), idleMs: z.int().positive() }),
  /** For the caller's own idempotency and beta headers: an allow-list, already filtered. */
  headers: z.record(z.string(), z.string()),
});
export type UpstreamCall = z.infer<typeof UpstreamCallSchema>;

/** The upstream has answered 2xx and the first bytes are good: from here on there is no other attempt. */
export const UpstreamHeadSchema = z.object({
  status: z.int(),
  contentType: z.string(),
  upstreamRequestId: z.string().nullable(),
  firstByteMs: z.number(),
  /** Names of what could not be carried to the provider's dialect; absent = nothing. */
  dropped: z.array(z.string()).optional(),
});
export type UpstreamHead = z.infer<typeof UpstreamHeadSchema>;

/** Sent after the last byte. */
export const UpstreamEndSchema = z.object({
  usage: UsageSchema,
  basis: UsageBasisSchema,
  durationMs: z.number(),
});
export type UpstreamEnd = z.infer<typeof UpstreamEndSchema>;

/** Payload of the error frame of an upstream stream, before or after the head. */
export const UpstreamFailureSchema = z.object({
  /** An ErrorCode of the kernel. */
  code: z.string(),
  /** Public. */
  message: z.string(),
  /** The field of the caller's request that is at fault; absent = none or not known. */
  param: z.string().optional(),
  /** For the log; no secret. */
  internalMessage: z.string().nullable(),
  status: z.int().nullable(),
  retryAfterMs: z.int().nonnegative().nullable(),
  upstreamRequestId: z.string().nullable(),
  /** The provider's own error body (a JSON text in the dialect of the call, at most 64 KiB, credentials redacted), where the caller may see it. */
  body: z.string().nullable(),
  usage: UsageSchema,
  basis: UsageBasisSchema,
  firstByteMs: z.number().nullable(),
  durationMs: z.number(),
});
export type UpstreamFailure = z.infer<typeof UpstreamFailureSchema>;

/** An adapter presents itself: whom to seal credentials for, and which providers its own environment opens. */
export const AdapterHelloSchema = z.object({
  v: z.literal(1),
  instance: z.string(),
  /** X25519 public key, base64url of the 32 raw bytes, and its id (first 16 hex digits of its SHA-256). */
  sealingKey: z.object({ id: z.string(), publicKey: z.string() }),
  /** Names of provider rows whose environment variable is set (never the values), with a base URL where the environment gives one. */
  environmentProviders: z.array(
    z.object({
      provider: z.string(),
      variable: z.string().nullable(),
      baseUrl: z.string().nullable(),
      /** Settings of the row that the environment gives: a region, a project, nothing secret. */
      settings: z.record(z.string(), z.string()).optional(),
    }),
  ),
});
export type AdapterHello = z.infer<typeof AdapterHelloSchema>;
