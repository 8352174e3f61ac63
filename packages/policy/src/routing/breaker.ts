/** When a breaker opens, and for how long. */
export interface BreakerSettings {
  /** So many failures at least ... */
  readonly failuresMin: number;
  /** ... that make up this share of what came back ... */
  readonly failureShare: number;
  /** ... within so long. */
  readonly windowMs: number;
  /** First pause; doubled each time that the trial after it fails. */
  readonly pauseMs: number;
  readonly pauseMsMax: number;
}

export const BREAKER_DEFAULTS: BreakerSettings = Object.freeze({
  failuresMin: 5,
  failureShare: 0.5,
  windowMs: 30_000,
  pauseMs: 5_000,
  pauseMsMax: 300_000,
});

/**
 * Keeps calls away from what fails: closed while it answers, open for a pause once too much fails, then one call at a time
 * as a trial until one succeeds. Times are monotonic milliseconds, handed in.
 */
export class Breaker {
  /** 0 = closed. */
  private openUntil = 0;
  private pauses = 0;
  private trial = false;
  /** The end of the pause that was probed for. */
  private probedFor = 0;
  private windowStart = 0;
  private failures = 0;
  private answers = 0;

  constructor(private readonly settings: BreakerSettings) {}

  /** Would a call that begins now be let through? */
  allows(now: number): boolean {
    return this.openUntil === 0 || (now >= this.openUntil && !this.trial);
  }

  /** When the next call may be let through; 0 = now. */
  opensAt(now: number): number {
    return this.allows(now) ? 0 : Math.max(this.openUntil, now);
  }

  /** True once per pause, shortly before it is over: the time to ask whether it is worth a call. */
  probeIsDue(now: number, leadMs: number): boolean {
    if (this.openUntil === 0 || this.trial || now < this.openUntil - leadMs || this.probedFor === this.openUntil) return false;
    this.probedFor = this.openUntil;
    return true;
  }

  /** A probe says that it is still of no use: another pause, without a call that fails. */
  extend(now: number): void {
    if (this.openUntil !== 0 && !this.trial) this.open(now, 0);
  }

  /** A call begins; also one that is sent although the breaker is open, because nothing else is left. */
  begin(now: number): void {
    if (this.openUntil !== 0 && now >= this.openUntil) this.trial = true;
  }

  /** The call ended without saying anything about the other side. */
  release(): void {
    this.trial = false;
  }

  succeed(now: number): void {
    this.trial = false;
    if (this.openUntil !== 0) this.close(now);
    this.roll(now);
    this.answers += 1;
  }

  /** `atLeastMs`: the other side said that it is of no use for so long, so it opens at once. 0 = it counts like any failure. */
  fail(now: number, atLeastMs: number): void {
    const wasTrial = this.trial;
    this.trial = false;
    this.roll(now);
    this.answers += 1;
    this.failures += 1;
    if (this.openUntil !== 0) {
      // What was already under way when it opened must not lengthen the pause.
      if (wasTrial) this.open(now, atLeastMs);
      return;
    }
    const { failuresMin, failureShare } = this.settings;
    const tooMany = this.failures >= failuresMin && this.failures >= failureShare * this.answers;
    if (atLeastMs > 0 || tooMany) this.open(now, atLeastMs);
  }

  private open(now: number, atLeastMs: number): void {
    const { pauseMs, pauseMsMax } = this.settings;
    const pause = Math.max(atLeastMs, pauseMs * 2 ** Math.min(this.pauses, 20));
    this.openUntil = now + Math.min(pause, pauseMsMax);
    this.pauses += 1;
  }

  private close(now: number): void {
    this.openUntil = 0;
    this.pauses = 0;
    this.windowStart = now;
    this.failures = 0;
    this.answers = 0;
  }

  private roll(now: number): void {
    if (now - this.windowStart < this.settings.windowMs) return;
    this.windowStart = now;
    this.failures = 0;
    this.answers = 0;
  }
}
