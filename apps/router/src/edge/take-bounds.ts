import type { RoutingDeployment } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import type { BudgetVerdict, Hold, Plan, TakeVerdict } from '@tollgate/policy';
import { type CallSize, sizeCall } from './bound-call.js';
import { type Bound, boundsOf } from './bounds.js';
import type { Call } from './call.js';
import { refuse } from './refuse.js';

/** A call waits for as many replies of the authority, of limits and of budgets in turn. */
const ROUNDS_MAX = 6;
const RETRY_MS = 1_000;
const PERIODS = { hour: 'this hour', day: 'today', week: 'this week', month: 'this month', total: 'in all' } as const;
const OWNERS = { token: 'of this token', team: 'of the team', organisation: 'of the organisation' } as const;

/**
 * Step 4b: takes from all limits and budgets that apply to the call, or from none; nothing is allocated where there are none.
 * `next` runs at once or when the leases are there.
 */
export function takeBounds(call: Call, next: (call: Call) => void): void {
  const { peek, verified, plan } = call;
  if (peek === null || verified === null || plan === null) return;
  const { policy } = verified.token;
  const bounds = boundsOf(policy, peek.model);
  if (bounds.limits.length === 0 && bounds.budgets.length === 0) {
    next(call);
    return;
  }
  call.bounds = bounds;
  if (bounds.sized) {
    const size = sizeCall(peek, call.body, reachable(plan), {
      bounds,
      outputCap: policy.caps.outputTokens,
      references: call.ingress.references,
    });
    call.outputCap = size.outputCap;
    call.size = size;
    const hard = bounds.budgets.find((budget) => budget.hard);
    if (hard !== undefined && size.unpriced !== null) {
      refuse(call, unpricedError(size.unpriced));
      return;
    }
  }
  take(call, next, ROUNDS_MAX);
}

/** What a call may end at is what it is bounded by. */
function reachable({ attempts, fallbacks }: Plan): readonly RoutingDeployment[] {
  return fallbacks.length === 0 ? attempts : attempts.concat(...fallbacks.map((fallback) => fallback.attempts));
}

function take(call: Call, next: (call: Call) => void, rounds: number): void {
  const { bounds, size, gate, plan } = call;
  if (call.over || bounds === null || plan === null) return;
  const tokens = size?.tokens ?? 0;
  const holdMs = Math.ceil((call.timeoutMs ?? plan.route.timeouts.totalMs) + 1);
  const verdict = gate.quota.check(bounds.limits, tokens, holdMs);
  if (verdict === 'need_lease' && rounds > 0) {
    gate.quota.whenSettled(gate.quota.blocking?.bucket ?? '', () => take(call, next, rounds - 1));
    return;
  }
  if (verdict !== 'taken') {
    refuse(call, limitError(call, gate.quota.blocking as Bound, verdict));
    return;
  }
  if (size !== null && bounds.budgets.length > 0) {
    const money = gate.budgets.check(bounds.budgets, size.nano, size.currency ?? '');
    if (money === 'need_lease' && rounds > 0) {
      gate.budgets.whenSettled(gate.budgets.blocking?.id ?? '', () => take(call, next, rounds - 1));
      return;
    }
    if (money !== 'ok') {
      refuse(call, budgetError(call, money));
      return;
    }
    call.ticket = gate.budgets.reserve(bounds.budgets, size.nano, size.currency ?? '');
  }
  const holds: Hold[] = [];
  gate.quota.take(bounds.limits, tokens, holdMs, holds);
  call.holds = holds;
  next(call);
}

/** `requests per 60 s of this token for the models gpt-*`. */
function nameOf({ kind, rate, subject, models }: Bound): string {
  const what = kind === 'concurrency' ? `${rate.limit} calls at once` : `${rate.limit} ${kind} per ${rate.periodMs / 1000} s`;
  return `${what} ${OWNERS[subject]}${models === null ? '' : ` for the models ${models}`}`;
}

function limitError(call: Call, limit: Bound, verdict: TakeVerdict): TollgateError {
  const tokens = call.size?.tokens ?? 0;
  if (verdict === 'unavailable') {
    const message = `The limit of ${nameOf(limit)} cannot be checked right now. Try again shortly.`;
    return new TollgateError('quota_unavailable', message, { retryAfterMs: RETRY_MS });
  }
  if (verdict === 'too_large') {
    const message = `This call could use ${tokens} tokens, and the limit of ${nameOf(limit)} never admits more than ${limit.rate.burst} at once: ask for fewer with max_tokens.`;
    return new TollgateError('rate_limit_exceeded', message);
  }
  const retryAfterMs = Math.max(1, call.gate.quota.retryAfterMs(limit, tokens));
  const size = limit.kind === 'tokens' ? ` This call could use ${tokens}.` : '';
  return new TollgateError('rate_limit_exceeded', `The limit of ${nameOf(limit)} is reached.${size}`, { retryAfterMs });
}

function budgetError(call: Call, verdict: BudgetVerdict): TollgateError {
  const { budgets } = call.gate;
  const { blocking } = budgets;
  const nano = call.size?.nano ?? 0;
  const view = blocking === null ? null : budgets.view(blocking.id, nano);
  const owner = OWNERS[blocking?.subject ?? 'token'];
  const name = view === null ? (blocking?.id ?? '') : JSON.stringify(view.name);
  if (verdict === 'unavailable' || (verdict === 'need_lease' && view === null)) {
    const message = `The budget ${name} ${owner} cannot be checked right now. Try again shortly.`;
    return new TollgateError('quota_unavailable', message, { retryAfterMs: RETRY_MS });
  }
  if (verdict === 'unknown') {
    return new TollgateError('budget_exceeded', `The budget ${name} ${owner} is not kept any more.`, { retryAfterMs: RETRY_MS });
  }
  if (verdict === 'currency') {
    const message = `The budget ${name} ${owner} is kept in ${view?.currency ?? 'another currency'}, and the model is priced in ${call.size?.currency ?? 'none'}.`;
    return new TollgateError('model_not_allowed', message, { param: 'model' });
  }
  const period = PERIODS[(view?.period ?? 'total') as keyof typeof PERIODS];
  const retryAfterMs = view?.retryAfterMs ?? null;
  const message =
    verdict === 'too_large'
      ? `This call could cost more than the whole budget ${name} ${owner}: ask for less with max_tokens.`
      : `The budget ${name} ${owner} has no room ${period} for what this call could cost.`;
  return new TollgateError('budget_exceeded', message, retryAfterMs === null ? {} : { retryAfterMs });
}

function unpricedError({ model, reason }: NonNullable<CallSize['unpriced']>): TollgateError {
  const why = reason === 'price' ? 'has no price' : 'is priced in another currency than its alternatives';
  const message = `The model ${JSON.stringify(model)} ${why}, so a budget of this token could not be kept. Give it a price, or use another model.`;
  return new TollgateError('model_not_allowed', message, { param: 'model' });
}
