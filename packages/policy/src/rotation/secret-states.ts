import { fail, ok, type Result } from '@tollgate/kernel';

/**
 * pending: made, on its way to its owner, refused everywhere. active: the one to use. grace: its successor is active, it
 * still works until its deadline. revoked: refused for ever. There is no way back from one to an earlier one.
 */
export const SECRET_STATES = ['pending', 'active', 'grace', 'revoked'] as const;
export type SecretState = (typeof SECRET_STATES)[number];

export interface SecretLife {
  readonly id: string;
  readonly state: SecretState;
  /** Milliseconds since the epoch: the deadline of a secret in grace; null of all others. */
  readonly expiresAt: number | null;
}

/** What a secret becomes: rows that differ from what they were, and nothing else. */
export type SecretStep = SecretLife;

export type RotationRefusal =
  /** A secret in grace would be the third that works. */
  | 'two_usable'
  /** A new secret is on its way to its owner. */
  | 'rotation_under_way'
  | 'no_active_secret'
  | 'not_pending'
  /** The key would be left without a secret. */
  | 'active_secret'
  | 'unknown_secret';

/** What is said to a router and so what works: an active secret, or one in grace before its deadline. */
export const isUsable = ({ state, expiresAt }: SecretLife, now: number): boolean =>
  state === 'active' || (state === 'grace' && expiresAt !== null && expiresAt > now);

/** Works now or is about to: at most two of a key are. */
export const isLive = (secret: SecretLife, now: number): boolean => secret.state === 'pending' || isUsable(secret, now);

const revoked = ({ id }: SecretLife): SecretStep => ({ id, state: 'revoked', expiresAt: null });

/** Secrets whose grace is over. */
export const endGraces = (secrets: readonly SecretLife[], now: number): readonly SecretStep[] =>
  secrets.filter((secret) => secret.state === 'grace' && !isUsable(secret, now)).map(revoked);

export interface RotationWish {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How long the old secret goes on working; 0 = not at all. */
  readonly overlapMs: number;
  /** Ends what is in the way instead of refusing: an older secret in grace, a new one that is not delivered yet. */
  readonly force: boolean;
}

/** A new secret that works at once: what becomes of the others. */
export function planRotation(
  secrets: readonly SecretLife[],
  { now, overlapMs, force }: RotationWish,
): Result<readonly SecretStep[], RotationRefusal> {
  const active = secrets.find(({ state }) => state === 'active');
  if (active === undefined) return fail('no_active_secret');
  const pending = secrets.filter(({ state }) => state === 'pending');
  const older = secrets.filter((secret) => secret.state === 'grace' && isUsable(secret, now));
  if (pending.length > 0 && !force) return fail('rotation_under_way');
  // Without an overlap the old one makes room for the new one.
  const third = overlapMs > 0 ? older : older.slice(1);
  if (third.length > 0 && !force) return fail('two_usable');
  return ok([...endGraces(secrets, now), ...pending.map(revoked), ...third.map(revoked), retired(active, now, overlapMs)]);
}

/** A new secret that waits for its delivery; the old ones stay as they are. */
export function planPending(secrets: readonly SecretLife[], now: number): Result<readonly SecretStep[], RotationRefusal> {
  if (!secrets.some(({ state }) => state === 'active')) return fail('no_active_secret');
  if (secrets.some(({ state }) => state === 'pending')) return fail('rotation_under_way');
  if (secrets.some((secret) => secret.state === 'grace' && isUsable(secret, now))) return fail('two_usable');
  return ok(endGraces(secrets, now));
}

/** The delivery was acknowledged: the new secret works, the old one enters its grace. */
export function activatePending(
  secrets: readonly SecretLife[],
  id: string,
  { now, overlapMs }: Pick<RotationWish, 'now' | 'overlapMs'>,
): Result<readonly SecretStep[], RotationRefusal> {
  if (!secrets.some((secret) => secret.id === id && secret.state === 'pending')) return fail('not_pending');
  const active = secrets.find(({ state }) => state === 'active');
  if (active === undefined) return fail('no_active_secret');
  return ok([...endGraces(secrets, now), retired(active, now, overlapMs), { id, state: 'active', expiresAt: null }]);
}

/** Ends one before its time. Again changes nothing. */
export function endSecret(secrets: readonly SecretLife[], id: string): Result<readonly SecretStep[], RotationRefusal> {
  const secret = secrets.find((each) => each.id === id);
  if (secret === undefined) return fail('unknown_secret');
  if (secret.state === 'active') return fail('active_secret');
  return ok(secret.state === 'revoked' ? [] : [revoked(secret)]);
}

const retired = (active: SecretLife, now: number, overlapMs: number): SecretStep =>
  overlapMs > 0 ? { id: active.id, state: 'grace', expiresAt: now + overlapMs } : revoked(active);
