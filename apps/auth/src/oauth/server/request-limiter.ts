import type { Clock } from '@tollgate/kernel';

export interface LimiterSettings {
  readonly burst: number;
  readonly perSecond: number;
}

interface Account {
  left: number;
  at: number;
}

const ACCOUNTS_MAX = 20_000;

/** Token buckets by name, bounded in number; the one that was used longest ago is forgotten first. */
export class RequestLimiter {
  private readonly accounts = new Map<string, Account>();

  constructor(
    private readonly settings: LimiterSettings,
    private readonly clock: Clock,
  ) {}

  /** 0 where there is room, else how many milliseconds it takes until there is. Takes nothing. */
  waitMs(name: string): number {
    const account = this.accounts.get(name);
    if (account === undefined) return 0;
    const left = this.refill(account);
    return left >= 1 ? 0 : Math.ceil(((1 - left) / this.settings.perSecond) * 1_000);
  }

  take(name: string): void {
    const account = this.accounts.get(name) ?? { left: this.settings.burst, at: this.clock.monotonic() };
    account.left = Math.max(0, this.refill(account) - 1);
    this.accounts.delete(name);
    this.accounts.set(name, account);
    if (this.accounts.size <= ACCOUNTS_MAX) return;
    for (const eldest of this.accounts.keys()) {
      this.accounts.delete(eldest);
      return;
    }
  }

  private refill(account: Account): number {
    const now = this.clock.monotonic();
    account.left = Math.min(this.settings.burst, account.left + ((now - account.at) / 1_000) * this.settings.perSecond);
    account.at = now;
    return account.left;
  }
}
