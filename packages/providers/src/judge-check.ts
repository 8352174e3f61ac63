import type { CredentialCheck } from '@tollgate/contracts';

const REFUSES = [401, 403];

/** What the status of a free check says of a credential. `unknown`: the vendor is out of reach, limits, or has moved the path. */
export function judgeCheck(check: CredentialCheck, status: number): 'accepted' | 'refused' | 'unknown' {
  if (status === check.expect) return 'accepted';
  return (check.refuses ?? REFUSES).includes(status) ? 'refused' : 'unknown';
}
