import { z } from 'zod';

/** Public half of a key that access tokens are signed with (ES256, RFC 7518 section 6.2.1). */
export const SigningKeySchema = z.object({
  kid: z.string().min(1).max(128),
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string().length(43),
  y: z.string().length(43),
});
export type SigningKey = z.infer<typeof SigningKeySchema>;

/** An access token that is refused although it has not expired. */
export const DeniedJwtSchema = z.object({
  jti: z.string(),
  /** ms since the epoch. */
  expiresAt: z.int(),
});
export type DeniedJwt = z.infer<typeof DeniedJwtSchema>;

/**
 * All that a router needs to check access tokens by itself; asked for at its start, and whenever the feed says `keys_changed`
 * or has a gap. `stale`: Postgres is out of reach.
 */
export const JwksReplySchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('found'),
    /** The feed's at the time of the read: what was denied later is heard on the feed. */
    sequence: z.int(),
    issuer: z.string(),
    /** A token is for us where its `aud` is one of these. */
    audiences: z.array(z.string()),
    /** Those that sign, those that are about to, and those that signed tokens which may still live. */
    keys: z.array(SigningKeySchema),
    denied: z.array(DeniedJwtSchema),
  }),
  z.object({ status: z.literal('stale') }),
]);
export type JwksReply = z.infer<typeof JwksReplySchema>;

/** Longest life of an access token, milliseconds: the bound of what an outage of the feed can let through. */
export const ACCESS_TOKEN_MS_MAX = 300_000;
/** Below the issuer: what the audience of the data plane's access tokens is (RFC 8707, RFC 9068). */
export const DATA_PLANE_RESOURCE_PATH = '/v1';
