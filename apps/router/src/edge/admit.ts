import type { LimitSpec, TokenPolicy } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { plan } from '@tollgate/policy';
import type { Call } from './call.js';
import { refuse, refuseWith } from './refuse.js';
import { relay } from './relay.js';

type RequestLimit = Extract<LimitSpec, { kind: 'requests' }>;

const LEASE_ROUNDS_MAX = 3;

/** Steps 4 and 5: may this call go on (model, rate, budget), and where to? */
export function admit(call: Call): void {
  const { gate, peek, verified } = call;
  if (peek === null || verified === null) return;
  call.phase = 'admitting';
  const { policy } = verified.token;
  if (call.access?.modelAllowed(peek.model) !== true) {
    refuseWith(call, 'model_not_allowed', `This token may not use the model ${JSON.stringify(peek.model)}.`, 'model');
    return;
  }
  if (!gate.spool.accepting) {
    const message = 'The gateway cannot record usage right now. Try again shortly.';
    const internalMessage = gate.spool.full ? 'the spool is full' : 'the spool cannot be written';
    refuse(call, new TollgateError('overloaded', message, { internalMessage, retryAfterMs: 5_000 }));
    return;
  }
  const limit = requestsOf(policy);
  if (limit === undefined) {
    onAdmitted(call);
    return;
  }
  call.quotaBucket = limit.bucket;
  takeQuota(call, LEASE_ROUNDS_MAX);
}

const requestsOf = (policy: TokenPolicy): RequestLimit | undefined =>
  policy.limits.length === 0 ? undefined : policy.limits.find((limit) => limit.kind === 'requests');

function takeQuota(call: Call, rounds: number): void {
  const limit = call.verified === null ? undefined : requestsOf(call.verified.token.policy);
  if (call.over || limit === undefined) return;
  const { rate } = limit;
  const { quota } = call.gate;
  const verdict = quota.tryTake(call.quotaBucket, rate);
  if (verdict === 'taken') onAdmitted(call);
  else if (verdict === 'need_lease' && rounds > 0) quota.whenSettled(call.quotaBucket, () => takeQuota(call, rounds - 1));
  else if (verdict === 'refused') {
    const retryAfterMs = Math.max(1, quota.view(call.quotaBucket)?.retryAfterMs ?? 1_000);
    const message = `The limit of ${rate.limit} requests per ${rate.periodMs / 1000} s of this token is reached.`;
    refuse(call, new TollgateError('rate_limit_exceeded', message, { retryAfterMs }));
  } else {
    const message = 'The request limit cannot be checked right now. Try again shortly.';
    refuse(call, new TollgateError('quota_unavailable', message, { retryAfterMs: 1_000 }));
  }
}

function onAdmitted(call: Call): void {
  const { gate, peek, verified } = call;
  if (peek === null || verified === null) return;
  if (verified.token.policy.budgets.some(({ hard }) => hard)) {
    refuseWith(call, 'budget_exceeded', 'A budget of this token is used up or not known here.');
    return;
  }
  const { index } = gate.routes;
  if (index === null) {
    refuseWith(call, 'gateway_unavailable', 'The gateway is still loading its routes. Try again shortly.');
    return;
  }
  call.revision = index.revision;
  const planned = plan(
    index,
    { model: peek.model, organisationId: verified.organisationId, endpoint: 'chat.completions', dialect: 'openai-chat' },
    gate.random,
  );
  if (planned.ok) {
    call.plan = planned;
    relay(call);
    return;
  }
  const name = JSON.stringify(peek.model);
  const served = planned.reason === 'endpoint_not_served';
  const message = served ? `The model ${name} does not serve chat completions.` : `The model ${name} does not exist.`;
  refuseWith(call, 'model_not_found', message, 'model');
}
