import type { LimitSpec, RateLimit, TokenPolicy } from '@tollgate/contracts';
import { addressesAdmitted, isEmptySet, setOf, without } from './address-set.js';
import { findBeyond, type GlobRules } from './find-beyond.js';
import { firstBeyond, isAlways, minuteText, weeksByZone } from './week.js';

export type ExcessReason =
  | 'scope_beyond'
  | 'model_beyond'
  | 'address_beyond'
  | 'window_beyond'
  | 'limit_beyond'
  | 'cap_beyond'
  | 'expiry_beyond'
  | 'logging_beyond'
  | 'too_complex';

/** What an inner policy would admit and an outer one would not. */
export interface Excess {
  /** JSON pointer into the policy as the management API writes it. */
  readonly pointer: string;
  readonly reason: ExcessReason;
  /** One sentence, with an example where there is one. */
  readonly detail: string;
}

export interface Bounds {
  readonly policy: TokenPolicy;
  /** ms since the epoch, null = never. */
  readonly expiresAt: number | null;
}

/**
 * Everything in which `inner` is wider than `outer`; empty = proven to be a subset: whatever the inner policy admits, at any
 * time and from anywhere, the outer one admits too.
 */
export function excessOf(inner: Bounds, outer: Bounds): Excess[] {
  return [
    ...scopesBeyondOf(inner.policy, outer.policy),
    ...modelsBeyondOf(inner.policy.models, outer.policy.models),
    ...addressesBeyondOf(inner.policy.addresses, outer.policy.addresses),
    ...windowsBeyondOf(inner.policy, outer.policy),
    ...limitsBeyondOf(inner.policy.limits, outer.policy.limits),
    ...capsBeyondOf(inner.policy.caps, outer.policy.caps),
    ...loggingBeyondOf(inner.policy, outer.policy),
    ...expiryBeyondOf(inner.expiresAt, outer.expiresAt),
  ];
}

const scopesBeyondOf = (inner: TokenPolicy, outer: TokenPolicy): Excess[] =>
  globsBeyond('/scopes', 'scope_beyond', { allow: inner.scopes, deny: [] }, { allow: outer.scopes, deny: [] });

const modelsBeyondOf = (inner: GlobRules, outer: GlobRules): Excess[] =>
  globsBeyond('/models/allow', 'model_beyond', inner, outer);

function globsBeyond(pointer: string, reason: ExcessReason, inner: GlobRules, outer: GlobRules): Excess[] {
  return inner.allow.flatMap((pattern, index): Excess[] => {
    const beyond = findBeyond({ allow: [pattern], deny: inner.deny }, outer);
    if (beyond.kind === 'none') return [];
    const at = `${pointer}/${index}`;
    if (beyond.kind === 'text') {
      return [{ pointer: at, reason, detail: `${pattern} would admit ${beyond.text}, which is not admitted.` }];
    }
    return [{ pointer: at, reason: 'too_complex', detail: `${pattern} cannot be compared: use fewer or simpler patterns.` }];
  });
}

export function addressesBeyondOf(inner: TokenPolicy['addresses'], outer: TokenPolicy['addresses']): Excess[] {
  const admitted = addressesAdmitted(outer);
  const denied = setOf(inner.deny);
  if (isEmptySet(without(addressesAdmitted(inner), admitted))) return [];
  const reason = 'address_beyond';
  if (inner.allow.length === 0) {
    return [{ pointer: '/addresses/allow', reason, detail: 'Every address would be admitted, which is not so now.' }];
  }
  return inner.allow.flatMap((network, index): Excess[] =>
    isEmptySet(without(without(setOf([network]), denied), admitted))
      ? []
      : [{ pointer: `/addresses/allow/${index}`, reason, detail: `${network} holds addresses that are not admitted.` }],
  );
}

export function windowsBeyondOf({ windows }: Pick<TokenPolicy, 'windows'>, outer: Pick<TokenPolicy, 'windows'>): Excess[] {
  const reason = 'window_beyond';
  const bounds = weeksByZone(outer.windows);
  if (outer.windows.length === 0 || [...bounds.values()].some(isAlways)) return [];
  if (windows.length === 0)
    return [{ pointer: '/windows', reason, detail: 'Every time would be admitted, which is not so now.' }];
  return windows.flatMap((window, index): Excess[] => {
    const [entry] = weeksByZone([window]);
    if (entry === undefined) return [];
    const bound = bounds.get(entry[0]);
    // Clocks of two zones drift apart and together with their summer times: only the same zone can be proven.
    if (bound === undefined) {
      return [
        { pointer: `/windows/${index}/time_zone`, reason, detail: `No admitted window is in the zone ${window.timeZone}.` },
      ];
    }
    const minute = firstBeyond(entry[1], bound);
    return minute < 0
      ? []
      : [{ pointer: `/windows/${index}`, reason, detail: `${minuteText(minute)} in ${window.timeZone} is not admitted.` }];
  });
}

/** A limit that is not named is no excess: the counters of the outer policy count the inner one's calls as well. */
function limitsBeyondOf(inner: readonly LimitSpec[], outer: readonly LimitSpec[]): Excess[] {
  return inner.flatMap((limit): Excess[] => {
    const bound = outer.find(
      (other) =>
        other.kind === limit.kind && other.models === limit.models && other.subject === 'token' && limit.subject === 'token',
    );
    if (bound === undefined || withinLimit(limit, bound)) return [];
    const detail = `More ${limit.kind === 'concurrency' ? 'calls at once' : limit.kind} than the ${bound.rate.limit} that are admitted.`;
    return [{ pointer: `/limits/${limit.kind}`, reason: 'limit_beyond', detail }];
  });
}

function withinLimit(inner: LimitSpec, outer: LimitSpec): boolean {
  return inner.kind === 'concurrency' || outer.kind === 'concurrency'
    ? inner.rate.limit <= outer.rate.limit
    : withinRate(inner.rate, outer.rate);
}

/** No more at once, and no more in the long run; compared across periods without a division. */
export const withinRate = (inner: RateLimit, outer: RateLimit): boolean =>
  inner.burst <= outer.burst && inner.limit * outer.periodMs <= outer.limit * inner.periodMs;

const CAPS = [
  ['inputTokens', 'input_tokens', 'input tokens'],
  ['outputTokens', 'output_tokens', 'output tokens'],
  ['requestBytes', 'request_bytes', 'bytes'],
] as const;

export function capsBeyondOf(inner: TokenPolicy['caps'], outer: TokenPolicy['caps']): Excess[] {
  return CAPS.flatMap(([key, name, words]): Excess[] => {
    const [wanted, bound] = [inner[key], outer[key]];
    if (bound === null || (wanted !== null && wanted <= bound)) return [];
    return [{ pointer: `/caps/${name}`, reason: 'cap_beyond', detail: `More ${words} than the ${bound} that are admitted.` }];
  });
}

const loggingBeyondOf = (inner: TokenPolicy, outer: TokenPolicy): Excess[] =>
  inner.contentLogging && !outer.contentLogging
    ? [{ pointer: '/content_logging', reason: 'logging_beyond', detail: 'Contents may not be logged.' }]
    : [];

const expiryBeyondOf = (inner: number | null, outer: number | null): Excess[] =>
  outer === null || (inner !== null && inner <= outer)
    ? []
    : [{ pointer: '/expires_at', reason: 'expiry_beyond', detail: `Later than ${new Date(outer).toISOString()}.` }];
