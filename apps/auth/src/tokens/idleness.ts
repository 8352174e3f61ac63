import type { CreateToken } from '@tollgate/contracts';
import type { TokenRow } from '../database/entities.js';

export const DAY_MS = 86_400_000;
const IDLE_DAYS_DEFAULT = 30;

/** API keys end after 30 days without use where nothing else is said; who administers seldom should not be locked out. */
export function idleDaysOfNew(
  asked: CreateToken['idle_expiry_days'],
  type: TokenRow['type'],
  parent: TokenRow | null,
): number | null {
  if (asked !== undefined) return asked;
  if (parent !== null) return parent.idleExpiryDays;
  return type === 'k' ? IDLE_DAYS_DEFAULT : null;
}

/** Counted from now: a key that was just made, changed or restored has its whole time before it. */
export const idleEnd = (days: number | null, now: number): Date | null => (days === null ? null : new Date(now + days * DAY_MS));
