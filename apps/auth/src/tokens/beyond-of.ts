import type { AccessRules, LimitSpec, TokenPolicy } from '@tollgate/contracts';
import { addressesBeyondOf, capsBeyondOf, scopesBeyond, windowsBeyondOf, withinRate } from '@tollgate/policy';
import type { Held } from '../changes/act.js';
import type { TokenRow } from '../database/entities.js';

/** A token as it is, or as it would become. */
export type BoundToken = Pick<TokenRow, 'id' | 'parentId' | 'type' | 'policy' | 'expiresAt'>;

/**
 * What the token would allow and the actor does not hold, in words. The scopes of a management key, and of each key above it
 * as it is now, always bound what it hands on; its models, addresses, times, limits, budgets and caps do where it has them (an empty
 * list of models, the default of such a key, is no bound). No bound is `content_logging`, which tells about one token's own calls.
 */
export function beyondOf(held: Held, token: BoundToken): readonly string[] {
  const { policy: wanted } = token;
  const own = isOwn(held, token);
  const strict = held.policy.strict && !wanted.strict && !own;
  // What bounds the actor from above bounds its own at every call.
  const rules = own ? [held.policy] : [held.policy, ...held.parents];
  return [
    ...new Set([
      ...rules.flatMap((each) => rulesBeyond(each, token)),
      ...limitsBeyond(held, token).map(limitText),
      ...budgetsBeyond(held, token),
      ...capsBeyondOf(wanted.caps, held.policy.caps).map(
        ({ pointer }) => `that many ${(pointer.split('/').at(-1) ?? '').replace('_', ' ')}`,
      ),
      ...(strict ? ['calls while it cannot be checked (strict)'] : []),
    ]),
  ];
}

function rulesBeyond(held: AccessRules, { policy: wanted, type }: BoundToken): readonly string[] {
  const anywhere = held.addresses.allow.length + held.addresses.deny.length === 0;
  return [
    ...scopesBeyond(held.scopes, wanted.scopes).map((scope) => `the scope ${scope}`),
    ...modelsBeyond(held.models, wanted.models, type),
    ...(anywhere ? [] : addressesBeyondOf(wanted.addresses, held.addresses)).map(({ detail }) => `these addresses (${detail})`),
    ...windowsBeyondOf(wanted, held).map(({ detail }) => `these times (${detail})`),
  ];
}

type Models = TokenPolicy['models'];

function modelsBeyond(held: Models, wanted: Models, type: TokenRow['type']): readonly string[] {
  const beyond: string[] = [];
  if (held.allow.length > 0) {
    // A management key that names no models could hand on all of them.
    if (type === 'a' && wanted.allow.length === 0) beyond.push('all models');
    beyond.push(...scopesBeyond(held.allow, wanted.allow).map((model) => `the model ${model}`));
  }
  // What is denied to the giver must be denied in so many words, or in wider ones.
  beyond.push(...scopesBeyond(wanted.deny, held.deny).map((model) => `the model ${model}, which must be denied`));
  return beyond;
}

/** The key that acts, or one right below it. */
export const isOwn = ({ keyId }: Held, { id, parentId }: BoundToken): boolean =>
  keyId !== null && (id === keyId || parentId === keyId);

/** What a team or organisation shares bounds all of its keys alike, and is nobody's to hand on. */
function limitsBeyond(held: Held, token: BoundToken): readonly LimitSpec[] {
  const { keyId } = held;
  return held.policy.limits.filter((bound) => {
    if (bound.subject !== 'token') return false;
    // The one limit that is part of the key and could be lifted with it; a child takes from it besides its own.
    const liftable = token.id === keyId && bound.bucket === `requests:${keyId}`;
    if (isOwn(held, token) && !liftable) return false;
    return !token.policy.limits.some((limit) => isWithin(limit, bound));
  });
}

const isWithin = (limit: LimitSpec, bound: LimitSpec): boolean => {
  if (limit.kind !== bound.kind || limit.models !== bound.models || limit.subject !== 'token') return false;
  return limit.kind === 'concurrency' || bound.kind === 'concurrency'
    ? limit.rate.limit <= bound.rate.limit
    : withinRate(limit.rate, bound.rate);
};

const limitText = ({ kind, models }: LimitSpec): string =>
  `that many ${kind === 'concurrency' ? 'calls at once' : kind}${models === null ? '' : ` of ${models}`}`;

/** Money that is the key's own is not spent by keys beside it: only its children share it. A soft budget refuses nothing. */
const budgetsBeyond = (held: Held, token: BoundToken): readonly string[] =>
  isOwn(held, token) || held.policy.budgets.every(({ subject, hard }) => subject !== 'token' || !hard)
    ? []
    : ['calls beside its own budget (make a child of it)'];

/** A key below the one that acts ends with it in any case. */
export const livesBeyond = ({ expiresAt, keyId }: Held, token: BoundToken): boolean =>
  token.type === 'a' &&
  expiresAt !== null &&
  (keyId === null || token.parentId !== keyId) &&
  (token.expiresAt === null || token.expiresAt.getTime() > expiresAt);
