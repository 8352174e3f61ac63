import type { PutWatchSettings } from '@tollgate/contracts';
import { type Finding, whence } from './finding.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** What is known of a key before this use. */
export interface KeyHistory {
  /** Milliseconds since the epoch; null = never used. */
  readonly firstUsedAt: number | null;
  readonly lastUsedAt: number | null;
  readonly createdAt: number;
  readonly uses: number;
  readonly networkKnown: boolean;
  readonly programKnown: boolean;
  readonly honey: boolean;
}

export interface KeyUse {
  readonly secretId: string;
  readonly at: number;
  readonly count: number;
  readonly network: string;
  readonly userAgent: string;
}

type UseRules = Pick<PutWatchSettings, 'learning' | 'sleeping_days'>;

/** Is enough known of the key to call something new? */
export const isLearned = ({ firstUsedAt, uses }: KeyHistory, at: number, { learning }: UseRules): boolean =>
  firstUsedAt !== null && (uses >= learning.uses || at - firstUsedAt >= learning.hours * HOUR_MS);

/** What is remarkable about a use of a good secret. */
export function judgeUse(history: KeyHistory, use: KeyUse, rules: UseRules): readonly Finding[] {
  const { secretId, at, count, network, userAgent } = use;
  const common = { secretId, at, count, proven: true } as const;
  const caller = { network, user_agent: userAgent };
  const findings: Finding[] = [];
  if (history.honey) findings.push(honeyUsed(use, 'served'));
  const learned = isLearned(history, at, rules);
  if (learned && network !== '' && !history.networkKnown) {
    const reason = `The key was used from ${network}, where it had never been used from.`;
    findings.push({ ...common, rule: 'new_network', severity: 'medium', reason, evidence: { ...caller, secret_id: secretId } });
  }
  if (learned && userAgent !== '' && !history.programKnown) {
    const reason = `The key was used by ${userAgent}, which had never used it.`;
    findings.push({ ...common, rule: 'new_user_agent', severity: 'low', reason, evidence: { ...caller, secret_id: secretId } });
  }
  const restedMs = at - (history.lastUsedAt ?? history.createdAt);
  if (restedMs >= rules.sleeping_days * DAY_MS) {
    const days = Math.floor(restedMs / DAY_MS);
    const reason = `The key was used from ${whence(use)} after ${days} days without a use.`;
    const evidence = { ...caller, secret_id: secretId, days_asleep: days };
    findings.push({ ...common, rule: 'sleeping_key_woke', severity: 'medium', reason, evidence });
  }
  return findings;
}

/** Nobody has a reason to use a decoy. */
export function honeyUsed(use: KeyUse, outcome: string): Finding {
  const { secretId, at, count, network, userAgent } = use;
  return {
    rule: 'honey_token_used',
    severity: 'critical',
    reason: `The decoy was used from ${whence(use)}: whoever did so has found it where it was laid out.`,
    evidence: { network, user_agent: userAgent, secret_id: secretId, outcome },
    secretId,
    at,
    count,
    proven: true,
  };
}
