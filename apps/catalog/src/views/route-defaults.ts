import type { RoutingRoute } from '@tollgate/contracts';

/** One retry where nobody has said otherwise. */
export const DEFAULT_MAX_ATTEMPTS = 2;

/** A large prompt to a reasoning model may think for minutes before its first byte. */
export const DEFAULT_TIMEOUTS: RoutingRoute['timeouts'] = {
  connectMs: 5_000,
  firstByteMs: 300_000,
  idleMs: 120_000,
  totalMs: 900_000,
};
