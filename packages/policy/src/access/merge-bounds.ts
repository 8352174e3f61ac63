import type { TokenPolicy } from '@tollgate/contracts';

/**
 * What a key is bound by that can be told in one policy: counters and budgets of the key and of all its parents, the tighter
 * caps, the stricter switches. Who, what, when and where stays with each of them (see PreparedAccess).
 */
export function mergeBounds(own: TokenPolicy, parents: readonly TokenPolicy[]): TokenPolicy {
  if (parents.length === 0) return own;
  const all = [own, ...parents];
  const least = (key: keyof TokenPolicy['caps']): number | null => {
    const caps = all.flatMap(({ caps }) => caps[key] ?? []);
    return caps.length === 0 ? null : Math.min(...caps);
  };
  return {
    ...own,
    limits: all.flatMap(({ limits }) => limits),
    budgets: all.flatMap(({ budgets }) => budgets),
    caps: { inputTokens: least('inputTokens'), outputTokens: least('outputTokens'), requestBytes: least('requestBytes') },
    contentLogging: all.every(({ contentLogging }) => contentLogging),
    strict: all.some(({ strict }) => strict),
  };
}
