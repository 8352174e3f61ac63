import type { RateLimit, TokenPolicy } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { addressesBeyondOf, capsBeyondOf, scopesBeyond, windowsBeyondOf, withinRate } from '@tollgate/policy';
import type { TokenRow } from '../database/entities.js';
import { requestsOf } from './token-policy.js';

type Type = TokenRow['type'];

/** Nobody hands on more than they hold. `held` null = the system itself. */
export function assertGrantable(policy: TokenPolicy, type: Type, held: TokenPolicy | null): void {
  const beyond = held === null ? [] : beyondOf(held, policy, type);
  if (beyond.length > 0) throw denied('Your token does not hold what it would grant', beyond);
}

/** Nor may anybody change, suspend, restore or revoke a token that holds more than they do. */
export function assertInReach(row: TokenRow, held: TokenPolicy | null): void {
  const beyond = held === null ? [] : beyondOf(held, row.policy, row.type);
  if (beyond.length > 0) throw denied('This token is out of the reach of yours, which does not hold', beyond);
}

export const isInReach = (row: TokenRow, held: TokenPolicy | null): boolean =>
  held === null || beyondOf(held, row.policy, row.type).length === 0;

const denied = (what: string, beyond: readonly string[]): TollgateError =>
  new TollgateError('permission_denied', `${what}: ${beyond.join('; ')}.`);

/**
 * What `wanted` allows and `held` does not, in words. `held` is the policy of a management key: its scopes always bound what
 * it hands on; its models, addresses, times, limit and caps do where it has them (an empty list of models, the default of such a key, is
 * no bound). `type` is that of the token whose policy is looked at.
 */
export function beyondOf(held: TokenPolicy, wanted: TokenPolicy, type: Type): readonly string[] {
  return [
    ...scopesBeyond(held.scopes, wanted.scopes).map((scope) => `the scope ${scope}`),
    ...modelsBeyond(held, wanted, type),
    ...(withinLimit(requestsOf(held)?.rate ?? null, requestsOf(wanted)?.rate ?? null) ? [] : ['that many requests']),
    ...capsBeyondOf(wanted.caps, held.caps).map(
      ({ pointer }) => `that many ${(pointer.split('/').at(-1) ?? '').replace('_', ' ')}`,
    ),
    ...(held.addresses.allow.length + held.addresses.deny.length === 0
      ? []
      : addressesBeyondOf(wanted.addresses, held.addresses)
    ).map(({ detail }) => `these addresses (${detail})`),
    ...windowsBeyondOf(wanted, held).map(({ detail }) => `these times (${detail})`),
  ];
}

function modelsBeyond(held: TokenPolicy, wanted: TokenPolicy, type: Type): readonly string[] {
  const beyond: string[] = [];
  if (held.models.allow.length > 0) {
    // A management key that names no models could hand on all of them.
    if (type === 'a' && wanted.models.allow.length === 0) beyond.push('all models');
    beyond.push(...scopesBeyond(held.models.allow, wanted.models.allow).map((model) => `the model ${model}`));
  }
  // What is denied to the giver must be denied in so many words, or in wider ones.
  beyond.push(...scopesBeyond(wanted.models.deny, held.models.deny).map((model) => `the model ${model}, which must be denied`));
  return beyond;
}

const withinLimit = (held: RateLimit | null, wanted: RateLimit | null): boolean =>
  held === null || (wanted !== null && withinRate(wanted, held));
