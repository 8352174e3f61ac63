import type { Clock } from '@tollgate/kernel';
import { networkOf } from '@tollgate/policy';

const BURST = 50;
const PER_SECOND = 10;
const ADDRESSES_MAX = 10_000;
const GOOD_IDS_MAX = 1_000;

interface Account {
  left: number;
  at: number;
}

/**
 * Bounds how many unknown tokens one address may have looked up: a text with a valid checksum is cheap to make, and each costs
 * auth a query. Tokens that were good before are never held up, whoever shares their address.
 */
export class MissLimiter {
  private readonly accounts = new Map<string, Account>();
  private readonly good = new Set<string>();

  constructor(private readonly clock: Clock) {}

  mayAsk(address: string, publicId: string): boolean {
    const account = this.accounts.get(networkOf(address));
    return account === undefined || this.good.has(publicId) || this.refill(account) >= 1;
  }

  wasGood(publicId: string): void {
    this.good.delete(publicId);
    this.good.add(publicId);
    dropOldest(this.good, GOOD_IDS_MAX);
  }

  wasUnknown(address: string): void {
    const network = networkOf(address);
    const account = this.accounts.get(network) ?? { left: BURST, at: this.clock.monotonic() };
    account.left = this.refill(account) - 1;
    this.accounts.delete(network);
    this.accounts.set(network, account);
    dropOldest(this.accounts, ADDRESSES_MAX);
  }

  private refill(account: Account): number {
    const now = this.clock.monotonic();
    account.left = Math.min(BURST, account.left + ((now - account.at) / 1_000) * PER_SECOND);
    account.at = now;
    return account.left;
  }
}

/** Both keep the order in which their keys were put in. */
function dropOldest(kept: Map<string, unknown> | Set<string>, max: number): void {
  if (kept.size <= max) return;
  for (const key of kept.keys()) {
    kept.delete(key);
    return;
  }
}
