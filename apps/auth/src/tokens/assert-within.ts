import { TollgateError } from '@tollgate/kernel';
import type { Held } from '../changes/act.js';
import { type BoundToken, beyondOf, isOwn, livesBeyond } from './beyond-of.js';

/** Nobody hands on more than they hold. `held` null = the system itself. */
export function assertGrantable(token: BoundToken, held: Held | null): void {
  const beyond = held === null ? [] : beyondOf(held, token);
  if (beyond.length > 0) throw denied('Your token does not hold what it would grant', beyond);
}

/**
 * Nor may anybody change, suspend, restore or revoke a token that holds more than they do. The key that acts, and those right
 * below it, which its own bounds hold at every call, are always in its reach.
 */
export function assertInReach(token: BoundToken, held: Held | null): void {
  const beyond = held === null || isOwn(held, token) ? [] : beyondOf(held, token);
  if (beyond.length > 0) throw denied('This token is out of the reach of yours, which does not hold', beyond);
}

export const isInReach = (token: BoundToken, held: Held | null): boolean =>
  held === null || isOwn(held, token) || beyondOf(held, token).length === 0;

/**
 * A management key hands on no right to administer that would outlive it: it makes no such key, lets none live longer (itself
 * least of all) and gets no secret of one. Asked where a token is made, its end is set or its secret is given out.
 */
export function assertOutlived(token: BoundToken, held: Held | null): void {
  if (held === null || held.expiresAt === null || !livesBeyond(held, token)) return;
  const end = new Date(held.expiresAt).toISOString();
  throw denied('Your token gives no management key a longer life than its own', [`it ends at ${end}`]);
}

const denied = (what: string, beyond: readonly string[]): TollgateError =>
  new TollgateError('permission_denied', `${what}: ${beyond.join('; ')}.`);
