import type { TimeWindow } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import type { AccessRefusal } from '@tollgate/policy';
import type { Call } from './call.js';
import { refuse, refuseWith } from './refuse.js';
import { sightDenied } from './sight.js';

/**
 * May this token be used for that, from there and now? Refuses and says which rule it was, true = go on. `address` is that of
 * the caller, not of a proxy in between.
 */
export function checkAccess(call: Call, address: string): boolean {
  const { access, verified, gate } = call;
  if (access === null || verified === null) return false;
  const reason = access.refusal(call.scope, address, gate.clock.now());
  if (reason !== null) {
    sightDenied(call, reason === 'scope_missing' ? 'permission_denied' : reason);
    refuse(call, accessError(reason, call));
    return false;
  }
  const { requestBytes } = verified.token.policy.caps;
  call.bodyBytesMax = requestBytes === null ? gate.config.bodyBytesMax : Math.min(requestBytes, gate.config.bodyBytesMax);
  return true;
}

/** Also for a call under way that would not be let in any more. Rules of parents are not told, they may be another team's. */
export function accessError(reason: AccessRefusal, { access, scope }: Pick<Call, 'access' | 'scope'>): TollgateError {
  switch (reason) {
    case 'address_not_allowed':
      return new TollgateError('address_not_allowed', 'This token may not be used from this address.');
    case 'outside_time_window': {
      const windows = access?.windows ?? [];
      const when = windows.length === 0 ? '' : `: it may be used ${windows.map(windowText).join('; ')}`;
      return new TollgateError('outside_time_window', `This token may not be used at this time${when}.`);
    }
    case 'model_not_allowed':
      return new TollgateError('model_not_allowed', 'This token may not use this model.', { param: 'model' });
    case 'scope_missing':
      return new TollgateError('permission_denied', `This token lacks the scope ${scope}.`);
  }
}

const windowText = ({ days, from, to, timeZone }: TimeWindow): string => `${days.join(', ')} ${from} to ${to} (${timeZone})`;

/** After the body is known: is its input within the cap of the token? False = it was refused. */
export function checkInputCap(call: Call, inputTokens: number): boolean {
  const cap = call.verified?.token.policy.caps.inputTokens ?? null;
  if (cap === null || inputTokens <= cap) return true;
  const message = `This token may send ${cap} input tokens in one request; this one has about ${inputTokens}.`;
  refuseWith(call, 'input_too_long', message, 'messages');
  return false;
}
