import type { BudgetLeaseReply, BudgetLeaseRequest } from '@tollgate/contracts';

export type BudgetAsk = BudgetLeaseRequest['budgets'][number];
export type BudgetAnswer = Extract<BudgetLeaseReply, { status: 'ok' }>['budgets'][number];

/**
 * ok: there is enough here. need_lease: ask the authority. refused: used up, or reserved by calls under way. too_large: one
 * such call costs more than the whole budget. unavailable: the authority is out of reach. unknown, currency: it cannot be kept.
 */
export type BudgetVerdict = 'ok' | 'need_lease' | 'refused' | 'too_large' | 'unavailable' | 'unknown' | 'currency';

/** What the authority said last, for messages and headers. */
export interface BudgetView {
  readonly name: string;
  readonly period: string;
  readonly currency: string;
  readonly limit: number;
  readonly charged: number;
  /** Until it may be worth another try; null = not by waiting. */
  readonly retryAfterMs: number | null;
}

/** Money of one window in one router. Left = granted - released - reserved - charged. */
export interface LocalMoney {
  readonly lease: string;
  granted: number;
  released: number;
  reserved: number;
  charged: number;
  /** Monotonic; null = never. */
  endsAt: number | null;
}

const PATIENCE_MS = 100;
const BACKOFF_MS = 250;
/** A refusal is kept for so long: reservations come back all the time. */
const REFUSAL_MS = 100;
/** Money that nobody has reserved from for so long goes back; sooner where others look for it. */
const IDLE_MS = 1_000;
const IDLE_TIGHT_MS = 150;
const RETRY_RESERVED_MS = 1_000;
const UNKNOWN_MS = 5_000;
const REFRESH_MS = 30_000;
const FORGET_AFTER_MS = 60_000;
const LOW_SHARE = 0.25;
/** A window that has ended here may still be open at the authority, for as long as clocks can differ. */
const KEPT_MS = 60_000;
/** Of the old windows those that a question can name. */
const TOLD_MAX = 64;

/** One hard budget in one router. Times are monotonic milliseconds, sums billionths. */
export class LocalBudget {
  readonly listeners: (() => void)[] = [];
  #currency = '';
  #current: LocalMoney | null = null;
  #old: LocalMoney[] = [];
  #turn = 0;
  #waiting = 0;
  #largest = 0;
  #smallest = 0;
  #taken = 0;
  #lowMark = 0;
  #askedAt: number | null = null;
  #askedLeast = 0;
  /** What was granted may not have arrived, or what was released may not have. */
  #uncertain = false;
  #tight = false;
  #refusedLeast = 0;
  #refusedUntil = 0;
  #unavailableUntil = 0;
  #trouble: 'unknown' | 'currency' | null = null;
  #troubleUntil = 0;
  #answeredAt = 0;
  #reservedAt = 0;
  #usedAt = 0;
  #answer: Extract<BudgetAnswer, { status: 'ok' }> | null = null;

  constructor(readonly id: string) {}

  /** Whether so much could be reserved now; reserves nothing. */
  check(nano: number, currency: string, now: number): BudgetVerdict {
    this.#usedAt = now;
    this.#currency = currency;
    this.#roll(now);
    if (this.#answer !== null && this.#answer.currency !== currency) return 'currency';
    if (this.#trouble !== null && now < this.#troubleUntil) return this.#trouble;
    if (this.#current !== null && nano <= leftOf(this.#current)) return 'ok';
    if (this.#answer !== null && this.#current !== null && nano > this.#answer.limit) return 'too_large';
    const missing = nano - (this.#current === null ? 0 : leftOf(this.#current));
    if (now < this.#refusedUntil && missing >= this.#refusedLeast) return 'refused';
    if (now < this.#unavailableUntil) return 'unavailable';
    if (this.#askedAt !== null && now - this.#askedAt > PATIENCE_MS) return 'unavailable';
    return 'need_lease';
  }

  wait(nano: number): void {
    this.#waiting += nano;
    this.#largest = Math.max(this.#largest, nano);
    this.#smallest = this.#smallest === 0 ? nano : Math.min(this.#smallest, nano);
  }

  /** After {@link check} has said `ok`, in the same turn. */
  reserve(nano: number, now: number): LocalMoney {
    const money = this.#current;
    if (money === null) throw new Error('reserve() without check()');
    money.reserved += nano;
    this.#taken += nano;
    this.#reservedAt = now;
    return money;
  }

  /** The call is over: its reservation ends, what it cost is gone. */
  settle(money: LocalMoney, reserved: number, charged: number): void {
    money.reserved -= reserved;
    money.charged += charged;
  }

  get wantsAsk(): boolean {
    if (this.#askedAt !== null) return false;
    if (this.#uncertain || this.#waiting > 0) return true;
    return this.#taken > 0 && this.#current !== null && leftOf(this.#current) < this.#lowMark;
  }

  ask(now: number): BudgetAsk {
    const left = this.#current === null ? 0 : leftOf(this.#current);
    const want = this.#waiting === 0 && this.#taken === 0 ? 0 : this.#waiting + 2 * this.#taken;
    const need = Math.max(0, this.#largest - left);
    const least = Math.max(0, this.#smallest - left);
    this.#turn += 1;
    this.#waiting = 0;
    this.#largest = 0;
    this.#smallest = 0;
    this.#taken = 0;
    this.#askedLeast = least;
    this.#askedAt = now;
    this.#uncertain = false;
    const known = this.#current === null ? this.#old : [...this.#old, this.#current];
    const leases = known.slice(-TOLD_MAX).map(({ lease, released }) => ({ lease, released }));
    return { budget: this.id, turn: this.#turn, currency: this.#currency, want, need, least, leases };
  }

  /** `answer` null = none came. */
  answered(answer: BudgetAnswer | null, sentAt: number, now: number): void {
    this.#askedAt = null;
    this.#waiting = 0;
    this.#largest = 0;
    this.#smallest = 0;
    if (answer === null) {
      this.#unavailableUntil = now + BACKOFF_MS;
      this.#uncertain = true;
      return;
    }
    this.#unavailableUntil = 0;
    this.#answeredAt = now;
    if (answer.status !== 'ok') {
      this.#trouble = answer.status;
      this.#troubleUntil = now + UNKNOWN_MS;
      this.#refusedUntil = 0;
      return;
    }
    this.#trouble = null;
    this.#answer = answer;
    this.#book(answer, sentAt);
    for (const other of answer.others) this.#adopt(other);
    // Totals are kept until the authority has settled the lease: what is asked of it again must start from them.
    this.#old = this.#old.filter(
      (money) =>
        money.reserved > 0 ||
        leftOf(money) > 0 ||
        answer.others.some(({ lease }) => lease === money.lease) ||
        (money.endsAt !== null && now < money.endsAt + KEPT_MS),
    );
  }

  /** Gives back what nobody uses; true where the authority should hear of it. */
  tick(now: number): void {
    this.#roll(now);
    for (const money of this.#old) this.#release(money);
    if (this.#current === null) return;
    const idle = now - this.#reservedAt;
    if (idle > (this.#tight ? IDLE_TIGHT_MS : IDLE_MS)) this.#release(this.#current);
    // The authority keeps what a holder has that is silent for too long.
    if (this.#holds && now - this.#answeredAt > REFRESH_MS) this.#uncertain = true;
  }

  /** Not while a window is open: its totals would be lost. */
  forgettable(now: number): boolean {
    const settled = this.#current === null && this.#old.length === 0;
    return settled && this.#askedAt === null && !this.#uncertain && now - this.#usedAt > FORGET_AFTER_MS;
  }

  view(nano: number, now: number): BudgetView | null {
    const answer = this.#answer;
    if (answer === null) return null;
    const { name, period, currency, limit, charged } = answer;
    const fits = nano <= limit - charged;
    const ends = this.#current === null || this.#current.endsAt === null ? null : Math.max(1, this.#current.endsAt - now);
    return { name, period, currency, limit, charged, retryAfterMs: fits ? RETRY_RESERVED_MS : nano <= limit ? ends : null };
  }

  get #holds(): boolean {
    const current = this.#current;
    return this.#old.length > 0 || (current !== null && (current.reserved > 0 || leftOf(current) > 0));
  }

  #book(answer: Extract<BudgetAnswer, { status: 'ok' }>, sentAt: number): void {
    const endsAt = answer.endsInMs === null ? null : sentAt + answer.endsInMs;
    if (this.#current?.lease !== answer.lease) {
      this.#retire();
      // It has ended here already, a moment too soon: the authority says that it is still open.
      const known = this.#old.find(({ lease }) => lease === answer.lease);
      this.#old = this.#old.filter((money) => money !== known);
      this.#current = known ?? { lease: answer.lease, granted: 0, released: 0, reserved: 0, charged: 0, endsAt };
    }
    const money = this.#current;
    const before = money.granted;
    money.endsAt = endsAt;
    money.granted = Math.max(money.granted, answer.granted);
    const gained = money.granted - before;
    this.#tight = answer.remaining < answer.limit * 0.05;
    this.#lowMark = gained > 0 ? Math.floor(gained * LOW_SHARE) : 0;
    if (gained > 0 || this.#askedLeast === 0) this.#refusedUntil = 0;
    else {
      this.#refusedUntil = sentAt + REFUSAL_MS;
      this.#refusedLeast = this.#askedLeast;
      this.#tight = true;
    }
  }

  /** A grant of a window that has ended meanwhile, whose reply was lost: it goes back at the next tick. */
  #adopt({ lease, granted }: { readonly lease: string; readonly granted: number }): void {
    const known = this.#old.find((money) => money.lease === lease);
    if (known !== undefined) known.granted = Math.max(known.granted, granted);
    else this.#old.push({ lease, granted, released: 0, reserved: 0, charged: 0, endsAt: null });
  }

  #release(money: LocalMoney): void {
    const left = leftOf(money);
    if (left <= 0) return;
    money.released += left;
    this.#uncertain = true;
  }

  #roll(now: number): void {
    if (this.#current?.endsAt == null || now < this.#current.endsAt) return;
    this.#retire();
    this.#refusedUntil = 0;
  }

  #retire(): void {
    if (this.#current === null) return;
    this.#release(this.#current);
    this.#old.push(this.#current);
    this.#current = null;
  }
}

const leftOf = ({ granted, released, reserved, charged }: LocalMoney): number => granted - released - reserved - charged;
