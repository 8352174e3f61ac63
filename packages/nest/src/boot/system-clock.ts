import type { Clock } from '@tollgate/kernel';

/** The one real clock; everything below the composition root gets it as an argument. */
export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
