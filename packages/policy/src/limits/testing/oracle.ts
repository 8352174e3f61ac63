import type { RateLimit } from '@tollgate/contracts';

/** Admits while the bucket holds one; `deficit` tells by how much it was ever overdrawn, which is the over-admission. */
export class Oracle {
  #level: number;
  #at = 0;
  deficit = 0;
  constructor(readonly rate: RateLimit) {
    this.#level = rate.burst;
  }
  #advance(now: number): void {
    this.#level = Math.min(this.rate.burst, this.#level + ((now - this.#at) * this.rate.limit) / this.rate.periodMs);
    this.#at = now;
  }
  admit(now: number, amount = 1): void {
    this.#advance(now);
    this.#level -= amount;
    this.deficit = Math.max(this.deficit, -this.#level);
  }
  tryAdmit(now: number): boolean {
    this.#advance(now);
    if (this.#level < 1 - 1e-9) return false;
    this.#level -= 1;
    return true;
  }
}
