import type { Evidence, Severity, WatchRule } from '@tollgate/contracts';

/** What a rule has found. Findings of one rule about one subject are one incident while it is open. */
export interface Finding {
  readonly rule: WatchRule;
  readonly severity: Severity;
  /** One sentence; no secret, no prompt, no whole address. */
  readonly reason: string;
  readonly evidence: Evidence;
  /** Occurrences alike. */
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly secretId: string | null;
  /** Somebody who has, or had, a secret of the key has caused it: an action may follow. */
  readonly proven: boolean;
}

/** Where a caller is and what program it is, in words. */
export const whence = ({ network, userAgent }: { readonly network: string; readonly userAgent: string }): string =>
  `${network === '' ? 'an unknown network' : network}${userAgent === '' ? '' : ` by ${userAgent}`}`;
