import type { PutWatchSettings } from '@tollgate/contracts';
import { countWithin, namesWithin, type SeenNames, type WindowCounts } from './count-within.js';
import { type Finding, whence } from './finding.js';
import { honeyUsed, type KeyUse } from './judge-use.js';

/** The secret that was sent, as auth has it, and the state of its key. */
export interface SentSecret {
  readonly state: 'pending' | 'active' | 'grace' | 'revoked';
  /** Milliseconds since the epoch. */
  readonly expiresAt: number | null;
  readonly keyStatus: 'active' | 'suspended' | 'revoked';
  readonly keyExpiresAt: number | null;
}

export type SpentHow = 'revoked' | 'rotated' | 'expired';

/** In what way the secret has ended; null = it has not. */
export function spentHow({ state, expiresAt, keyStatus, keyExpiresAt }: SentSecret, now: number): SpentHow | null {
  const over = expiresAt !== null && expiresAt <= now;
  if (keyStatus === 'revoked') return 'revoked';
  if (state === 'revoked') return over ? 'rotated' : 'revoked';
  if (state === 'grace' && over) return 'rotated';
  return over || (keyExpiresAt !== null && keyExpiresAt <= now) ? 'expired' : null;
}

export interface Refusal extends KeyUse {
  readonly reason: string;
  readonly permission: string;
  readonly secret: SentSecret;
  readonly honey: boolean;
}

const HOW: Readonly<Record<SpentHow, string>> = {
  revoked: 'was revoked',
  rotated: 'has been replaced by a rotation',
  expired: 'has expired',
};

/** What is remarkable about one refusal of somebody who holds a secret of the key; `now` is when it is judged. */
export function judgeRefusal(refusal: Refusal, now: number): readonly Finding[] {
  const { secretId, at, count, network, userAgent, reason: refused, honey, secret } = refusal;
  const findings: Finding[] = honey ? [honeyUsed(refusal, refused)] : [];
  const how = spentHow(secret, now);
  if (how === null) return findings;
  findings.push({
    rule: 'spent_secret_used',
    severity: how === 'expired' ? 'medium' : 'high',
    reason: `The secret ${secretId}, which ${HOW[how]}, was used from ${whence(refusal)}.`,
    evidence: { secret_id: secretId, ended: how, refused_as: refused, network, user_agent: userAgent },
    secretId,
    at,
    count,
    proven: true,
  });
  return findings;
}

export interface RefusalCounts {
  readonly refusals: WindowCounts;
  readonly scopes: SeenNames;
}
export const NO_REFUSALS: RefusalCounts = { refusals: [], scopes: {} };

type CountRules = Pick<PutWatchSettings, 'refusals' | 'probed_scopes'>;

/** Counts a refusal of a live key to whoever holds its secret: too many at once, or too many different scopes tried. */
export function countRefusal(
  before: RefusalCounts,
  refusal: KeyUse & Pick<Refusal, 'reason' | 'permission'>,
  rules: CountRules,
): { readonly counts: RefusalCounts; readonly findings: readonly Finding[] } {
  const { secretId, at, count, network, userAgent, reason: refused, permission } = refusal;
  const windowMs = rules.refusals.window_seconds * 1_000;
  const { counts: refusals, total } = countWithin(before.refusals, { at, count, windowMs });
  const probed = refused === 'permission_denied' && permission !== '';
  const scopes = probed ? namesWithin(before.scopes, { at, name: permission, windowMs }) : before.scopes;
  const common = { secretId, at, count, proven: true, severity: 'medium' } as const;
  const caller = { network, user_agent: userAgent, secret_id: secretId, window_seconds: rules.refusals.window_seconds };
  const findings: Finding[] = [];
  if (total >= rules.refusals.count) {
    const reason = `The key was refused ${total} times within ${rules.refusals.window_seconds} s, last as ${refused}, to ${whence(refusal)}.`;
    findings.push({ ...common, rule: 'refusal_burst', reason, evidence: { ...caller, refusals: total, refused_as: refused } });
  }
  const names = Object.keys(scopes);
  if (probed && names.length >= rules.probed_scopes) {
    const reason = `${names.length} different scopes that the key lacks were tried within ${rules.refusals.window_seconds} s, from ${whence(refusal)}.`;
    findings.push({ ...common, rule: 'scope_probing', reason, evidence: { ...caller, scopes: names.join(' ').slice(0, 512) } });
  }
  return { counts: { refusals, scopes }, findings };
}

/** Tokens that are none, or that nobody was given: no key has anything to do with it, so nothing can follow but an alert. */
export function countGarbage(
  before: WindowCounts,
  sighting: Pick<KeyUse, 'at' | 'count' | 'network' | 'userAgent'>,
  { refusals: { count: limit, window_seconds } }: CountRules,
): { readonly counts: WindowCounts; readonly findings: readonly Finding[] } {
  const { at, count, network, userAgent } = sighting;
  const { counts, total } = countWithin(before, { at, count, windowMs: window_seconds * 1_000 });
  if (total < limit) return { counts, findings: [] };
  const reason = `${total} tokens that do not exist were sent within ${window_seconds} s from ${whence(sighting)}.`;
  const evidence = { network, user_agent: userAgent, tokens: total, window_seconds };
  return {
    counts,
    findings: [{ rule: 'garbage_burst', severity: 'low', reason, evidence, at, count, secretId: null, proven: false }],
  };
}
