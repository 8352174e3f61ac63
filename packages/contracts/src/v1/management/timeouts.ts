import { z } from 'zod';

const milliseconds = z.int().min(1).max(3_600_000);

/** How long to wait: for a connection, for the first byte, between two pieces, for the whole. */
export const TimeoutsWishSchema = z.strictObject({
  connect_ms: milliseconds.optional(),
  first_byte_ms: milliseconds.optional(),
  idle_ms: milliseconds.optional(),
  total_ms: milliseconds.optional(),
});
export type TimeoutsWish = z.infer<typeof TimeoutsWishSchema>;
