import { z } from 'zod';
import { RateLimitSchema } from './token.js';

/**
 * rate: what is taken is gone, and the bucket fills again with time (requests, tokens). concurrency: what is taken comes back
 * when its call is over; nothing refills (`rate.limit` = `rate.burst` = the number of slots).
 */
export const QuotaKindSchema = z.enum(['rate', 'concurrency']);
export type QuotaKind = z.infer<typeof QuotaKindSchema>;

/**
 * A router asks for slices of shared limits. `spent` tells what it used of an earlier lease, which frees the rest at the
 * authority; a lease that is never reported counts as spent (of slots: as in use until the last call that could hold one has
 * passed its deadline). Reports are totals of the lease and may come twice, late or not at all.
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
        /** Absent = rate. */
        kind: QuotaKindSchema.optional(),
        rate: RateLimitSchema,
        /** What the router could use now; the authority may grant less, 0 included. */
        want: z.int().nonnegative(),
        /** The largest single take that waits, and the smallest: less than that is of no use. Absent = 1. */
        need: z.int().positive().optional(),
        least: z.int().positive().optional(),
        /** Of slots: a call that is admitted may hold its slot for so long. */
        holdMs: z.int().nonnegative().optional(),
        finished: z.array(
          z.object({
            lease: z.string(),
            spent: z.int().nonnegative(),
            /** Taken by calls that are still under way: neither spent nor free. Absent = none. */
            held: z.int().nonnegative().optional(),
            /** The last of those is over within so long of the sending, whatever happens. */
            heldMs: z.int().nonnegative().optional(),
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
        /** Until as much as `least` can be granted; 0 where it can be now. */
        retryAfterMs: z.int().nonnegative(),
        /** Until the bucket is full again. */
        resetMs: z.int().nonnegative(),
      }),
    ),
  }),
  z.object({ status: z.literal('stale') }),
]);
export type QuotaLeaseReply = z.infer<typeof QuotaLeaseReplySchema>;
