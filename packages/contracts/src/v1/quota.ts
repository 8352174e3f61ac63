import { z } from 'zod';
import { RateLimitSchema } from './token.js';

/**
 * A router asks for slices of shared limits. `spent` tells what it used of an earlier lease, which frees the rest at the
 * authority; a lease that is never reported counts as spent. `limit` comes from the token's policy.
 */
export const QuotaLeaseRequestSchema = z.object({
  v: z.literal(1),
  /** Id of the asking process, fresh at each start. */
  holder: z.string(),
  leases: z
    .array(
      z.object({
        /** For instance `requests:tok_...`. */
        bucket: z.string(),
        rate: RateLimitSchema,
        /** What the router could use now; the authority may grant less, 0 included. */
        want: z.int().nonnegative(),
        finished: z.array(
          z.object({
            lease: z.string(),
            spent: z.int().nonnegative(),
            /** Nothing of it was spent for so long before this was sent; absent = spent just now. */
            idleMs: z.int().nonnegative().optional(),
          }),
        ),
      }),
    )
    .max(256),
});
export type QuotaLeaseRequest = z.infer<typeof QuotaLeaseRequestSchema>;

export const QuotaLeaseReplySchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('ok'),
    leases: z.array(
      z.object({
        bucket: z.string(),
        /** null where nothing was granted. */
        lease: z.string().nullable(),
        granted: z.int().nonnegative(),
        /** The router may spend it for so long after it SENT the request (its own monotonic clock). */
        ttlMs: z.int().nonnegative(),
        /** What the bucket still holds for everybody, after this grant. */
        remaining: z.int().nonnegative(),
        /** Until at least one more can be granted; 0 where one can be now. */
        retryAfterMs: z.int().nonnegative(),
        /** Until the bucket is full again. */
        resetMs: z.int().nonnegative(),
      }),
    ),
  }),
  z.object({ status: z.literal('stale') }),
]);
export type QuotaLeaseReply = z.infer<typeof QuotaLeaseReplySchema>;
