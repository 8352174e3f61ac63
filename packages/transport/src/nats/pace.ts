import type { Clock } from '@tollgate/kernel';

/** How long a turn waits for others to share its write while writes come fast, milliseconds: what a timer can tell apart. */
export const PACED_MS = 1;
/** Writes come fast when so many took less than as many milliseconds. */
const WRITES = 8;

/**
 * Tells whether writes come so fast that one should wait for company. A write costs three processes (the writer, the
 * server, the reader) a system call and a wake-up each, whatever it holds. A call or a stream alone never waits.
 */
export class Pace {
  /** Monotonic times of the last writes, milliseconds; a ring. */
  readonly #times = new Float64Array(WRITES).fill(Number.NEGATIVE_INFINITY);
  #next = 0;

  constructor(private readonly clock: Clock) {}

  noteWrite(): void {
    this.#times[this.#next] = this.clock.monotonic();
    this.#next = (this.#next + 1) % WRITES;
  }

  isFast(): boolean {
    return this.clock.monotonic() - (this.#times[this.#next] as number) < WRITES * PACED_MS;
  }
}
