/** One window of one budget, in billionths. Invariant: `committed` <= `limit`, and so what is charged and reserved is too. */
export interface MoneyWindow {
  readonly limit: number;
  /** All that is charged, and all that is out on leases. */
  readonly committed: number;
  readonly charged: number;
}

/** What one holder has of one window. Totals: they only grow. Out = granted - released - charged. */
export interface MoneyLease {
  readonly granted: number;
  readonly released: number;
  readonly charged: number;
  /** Of the last question that was answered with money. */
  readonly turn: number;
}

export const NO_LEASE: MoneyLease = { granted: 0, released: 0, charged: 0, turn: 0 };

export interface MoneyStep {
  readonly window: MoneyWindow;
  readonly lease: MoneyLease;
}

export interface MoneyWish {
  readonly turn: number;
  readonly want: number;
  readonly need: number;
  readonly least: number;
  /** How many holders share the window. */
  readonly replicas: number;
}

/** Below this share of the limit no more is handed out than a single call needs. */
const EXACT_BELOW = 0.05;

export const moneyOut = ({ granted, released, charged }: MoneyLease): number => granted - released - charged;

/** The holder gives back; `released` is its total of this lease. */
export function releaseMoney({ window, lease }: MoneyStep, released: number): MoneyStep {
  const total = Math.min(Math.max(lease.released, released), lease.granted - lease.charged);
  const back = total - lease.released;
  if (back <= 0) return { window, lease };
  return { window: { ...window, committed: window.committed - back }, lease: { ...lease, released: total } };
}

/** Hands out a slice that shrinks as the end nears. A question that is older than one already answered gets nothing. */
export function grantMoney({ window, lease }: MoneyStep, wish: MoneyWish): MoneyStep {
  if (wish.turn <= lease.turn) return { window, lease };
  const remaining = Math.max(0, window.limit - window.committed);
  const useful = remaining >= wish.need ? wish.need : wish.least;
  const slice = remaining < window.limit * EXACT_BELOW ? useful : Math.floor(remaining / (2 * Math.max(1, wish.replicas)));
  const grant = Math.min(wish.want, Math.max(slice, useful), remaining);
  const granted = wish.want > 0 && grant >= wish.least ? grant : 0;
  return {
    window: { ...window, committed: window.committed + granted },
    lease: { ...lease, granted: lease.granted + granted, turn: wish.turn },
  };
}

/**
 * A call of the lease is over. It cannot cost more than was reserved for it, if its bound was one; should it all the same, the
 * truth is booked and the window is over its limit, which nobody then adds to.
 */
export function chargeMoney({ window, lease }: MoneyStep, nano: number): MoneyStep {
  const beyond = Math.max(0, nano - Math.max(0, moneyOut(lease)));
  return {
    window: { ...window, committed: window.committed + beyond, charged: window.charged + nano },
    lease: { ...lease, granted: lease.granted + beyond, charged: lease.charged + nano },
  };
}

/** The holder is gone and all it spent is charged: the rest is free. Nothing is granted under this lease again. */
export const closeMoney = (step: MoneyStep): MoneyStep => {
  const { window, lease } = releaseMoney(step, Number.MAX_SAFE_INTEGER);
  return { window, lease: { ...lease, turn: Number.MAX_SAFE_INTEGER } };
};
