import type { Clock } from '@tollgate/kernel';

/**
 * The one timer of a transport. Whoever needs to be looked at by a certain time says so; an earlier time moves the timer
 * forward, a later one costs nothing, so a stream that is short makes no timer of its own.
 */
export class Sweeper {
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  readonly #fire = (): void => {
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#timer = undefined;
    this.sweep();
  };

  /** @param sweep called at or after the earliest time asked for; asks anew for what is still to come */
  constructor(
    private readonly clock: Clock,
    private readonly sweep: () => void,
  ) {}

  /** Monotonic time, milliseconds. */
  wakeBy(atMs: number): void {
    if (atMs >= this.#dueMs) return;
    this.#dueMs = atMs;
    clearTimeout(this.#timer);
    const waitMs = Math.min(Math.max(Math.ceil(atMs - this.clock.monotonic()), 1), 0x7fffffff);
    this.#timer = setTimeout(this.#fire, waitMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }
}
