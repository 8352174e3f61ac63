import type { TokenPolicy } from '@tollgate/contracts';
import { matchesAny } from './match-glob.js';

/** Deny overrides allow; an empty allow-list allows none. */
export const modelAllowed = (policy: Pick<TokenPolicy, 'models'>, model: string): boolean =>
  !matchesAny(policy.models.deny, model) && matchesAny(policy.models.allow, model);
