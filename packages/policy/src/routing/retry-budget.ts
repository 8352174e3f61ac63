/** A retry for every so many calls, beside the floor. */
const SHARE = 0.2;
const SAVED_MAX = 100;
/** A quiet process may retry too. */
const FLOOR_PER_SECOND = 10;

/**
 * How many calls of this process may be sent to the same deployment a second time: a share of all calls, so that retries
 * never multiply the load of a provider that is already in trouble (https://finagle.github.io/blog/2016/02/08/retry-budgets/).
 */
export class RetryBudget {
  private saved = 0;
  private floor = FLOOR_PER_SECOND;
  private floorAt: number;

  /** `now`: monotonic milliseconds. */
  constructor(private readonly now: () => number) {
    this.floorAt = now();
  }

  /** A call begins. */
  deposit(): void {
    this.saved = Math.min(SAVED_MAX, this.saved + SHARE);
  }

  /** May it be tried again? Counts as done where it may. */
  take(): boolean {
    const now = this.now();
    this.floor = Math.min(FLOOR_PER_SECOND, this.floor + ((now - this.floorAt) / 1_000) * FLOOR_PER_SECOND);
    this.floorAt = now;
    if (this.floor >= 1) {
      this.floor -= 1;
      return true;
    }
    if (this.saved < 1) return false;
    this.saved -= 1;
    return true;
  }
}
