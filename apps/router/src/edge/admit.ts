import { TollgateError } from '@tollgate/kernel';
import type { Call } from './call.js';
import { planCall } from './plan-call.js';
import { refuse, refuseWith } from './refuse.js';
import { relay } from './relay.js';
import { sightDenied } from './sight.js';
import { takeBounds } from './take-bounds.js';

/** Steps 4 and 5: may this call go on (model, limits, budgets), and where to? */
export function admit(call: Call): void {
  const { gate, peek, verified } = call;
  if (peek === null || verified === null) return;
  call.phase = 'admitting';
  if (call.access?.modelAllowed(peek.model) !== true) {
    sightDenied(call, 'model_not_allowed');
    refuseWith(call, 'model_not_allowed', `This token may not use the model ${JSON.stringify(peek.model)}.`, 'model');
    return;
  }
  if (!gate.spool.accepting) {
    const message = 'The gateway cannot record usage right now. Try again shortly.';
    const internalMessage = gate.spool.full ? 'the spool is full' : 'the spool cannot be written';
    refuse(call, new TollgateError('overloaded', message, { internalMessage, retryAfterMs: 5_000 }));
    return;
  }
  const { index } = gate.routes;
  if (index === null) {
    refuseWith(call, 'gateway_unavailable', 'The gateway is still loading its routes. Try again shortly.');
    return;
  }
  call.revision = index.revision;
  const planned = planCall(call, index);
  if (planned.ok) {
    call.plan = planned;
    takeBounds(call, relay);
    return;
  }
  const name = JSON.stringify(peek.model);
  const served = planned.reason === 'endpoint_not_served';
  const message = served ? `The model ${name} does not serve ${call.ingress.endpoint}.` : `The model ${name} does not exist.`;
  refuseWith(call, 'model_not_found', message, 'model');
}
