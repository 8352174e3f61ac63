/** Time as an argument: production passes {@link systemClock}, tests pass one that they move by hand. */
export interface Clock {
  /** Wall-clock time, milliseconds since the Unix epoch. */
  now(): number;
  /** Monotonic time, milliseconds with fraction; only differences have a meaning. */
  monotonic(): number;
}

/** Source of random bytes; production passes `crypto.randomBytes`. */
export type RandomBytes = (length: number) => Uint8Array;
