import type { Clock } from '@tollgate/kernel';
import { networkOf } from '@tollgate/policy';
import { LRUCache } from 'lru-cache';

const BURST = 50;
const PER_SECOND = 10;
const ADDRESSES_MAX = 10_000;

interface Account {
  left: number;
  at: number;
}

/**
 * Bounds how many unknown tokens one address may have looked up: valid checksums would flood auth otherwise. Only tokens
 * that turned out unknown are charged, so that many good tokens behind one address pass.
 */
export class MissLimiter {
  private readonly accounts = new LRUCache<string, Account>({ max: ADDRESSES_MAX });

  constructor(private readonly clock: Clock) {}

  mayAsk(address: string): boolean {
    const account = this.accounts.get(networkOf(address));
    return account === undefined || this.refill(account) >= 1;
  }

  charge(address: string): void {
    const network = networkOf(address);
    let account = this.accounts.get(network);
    if (account === undefined) {
      account = { left: BURST, at: this.clock.monotonic() };
      this.accounts.set(network, account);
    }
    account.left = this.refill(account) - 1;
  }

  private refill(account: Account): number {
    const now = this.clock.monotonic();
    account.left = Math.min(BURST, account.left + ((now - account.at) / 1000) * PER_SECOND);
    account.at = now;
    return account.left;
  }
}
