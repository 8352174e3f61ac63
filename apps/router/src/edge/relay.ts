import { MESSAGE_HEADERS, NO_USAGE, type RoutingDeployment, SUBJECTS, type UpstreamCall } from '@tollgate/contracts';
import { encodeJson } from '@tollgate/kernel';
import { concreteModel, timeoutsOf } from '@tollgate/policy';
import { ANSWER_STEPS } from './answer.js';
import { AttemptReceiver } from './attempt.js';
import type { Call } from './call.js';
import { RETRY } from './fail-attempt.js';
import type { Ingress } from './ingress.js';
import { refuseWith } from './refuse.js';
import { usageRecord } from './settle.js';

/** Request headers that a provider may see. */
const FORWARDED = ['openai-beta', 'anthropic-beta', 'idempotency-key'] as const;

/** Step 6: one attempt after the other, until one begins to answer. */
export function relay(call: Call): void {
  call.phase = 'relaying';
  call.gate.retries.deposit();
  call.deadlineAt = call.startedMono + (call.timeoutMs ?? call.plan?.route.timeouts.totalMs ?? 0);
  beginAttempt(call);
}

/** Notes the attempt on file; it is dispatched once that is written. */
function beginAttempt(call: Call): void {
  const deployment = call.course?.deployment;
  if (deployment === undefined || call.over) return;
  call.attempts.push({
    number: call.attempts.length + 1,
    deploymentId: deployment.id,
    provider: deployment.provider,
    upstreamModel: concreteModel(deployment.upstreamModel, deployment.provider, call.course?.model ?? call.peek?.model ?? ''),
    status: null,
    errorCode: null,
    startedAt: call.gate.clock.now(),
    firstByteMs: null,
    durationMs: 0,
    upstreamRequestId: null,
    usage: NO_USAGE,
    basis: 'none',
    price: deployment.price,
    cost: null,
  });
  call.afterIntent = dispatch;
  call.gate.spool.intend(call, JSON.stringify(usageRecord(call, 'interrupted')));
}
RETRY.begin = beginAttempt;

function dispatch(call: Call, written: boolean): void {
  const row = call.attempts[call.attempts.length - 1];
  if (call.over || row === undefined) return;
  const { gate } = call;
  const now = gate.clock.monotonic();
  const leftMs = call.deadlineAt - now;
  if (!written || leftMs < 1) {
    call.attempts.pop();
    if (!written) refuseWith(call, 'overloaded', 'The gateway cannot record usage right now. Try again shortly.');
    else refuseWith(call, 'deadline_exceeded', 'The deadline of the call has passed.');
    return;
  }
  const attempt = new AttemptReceiver(call, ANSWER_STEPS, row, now);
  attempt.connected = gate.transport.connected;
  call.attempt = attempt;
  if (call.course !== null) gate.health.begin(call.course.deployment, now);
  const opening = {
    headers: {
      [MESSAGE_HEADERS.requestId]: call.id,
      [MESSAGE_HEADERS.traceparent]: gate.tracer.traceparent(call.trace),
      [MESSAGE_HEADERS.deadline]: String(Math.round(gate.clock.now() + leftMs)),
      [MESSAGE_HEADERS.tenant]: call.verified?.organisationId ?? '',
    },
    meta: encodeJson(describe(call, row.number, row.deploymentId)),
    body: call.body,
    deadlineMs: leftMs,
  };
  attempt.stream = gate.transport.openStream(SUBJECTS.upstreamCall, opening, attempt);
  // Cut while it was being opened.
  if (attempt.over && call.over) attempt.stream.cancel('over');
}

function describe(call: Call, attempt: number, deploymentId: string): UpstreamCall {
  const { peek, course, ingress } = call;
  if (peek === null || course === null) throw new Error('a call is described only after it was planned');
  const headers: Record<string, string> = {};
  for (const name of FORWARDED) {
    const value = call.request.headers[name];
    if (typeof value === 'string' && value.length <= 512) headers[name] = value;
  }
  return {
    v: 1,
    attempt,
    deploymentId,
    revision: call.revision,
    endpoint: ingress.endpoint,
    dialect: ingress.dialect,
    stream: peek.stream,
    spans: peek.spans,
    ...namedModel(call, course.model),
    ...outputMost(course.deployment, ingress),
    maxOutputTokens: call.outputCap ?? call.verified?.token.policy.caps.outputTokens ?? null,
    usageAsked: peek.usageAsked,
    timeouts: timeoutsOf(course.route, course.deployment),
    headers,
  };
}

/** That of a fallback, or of a path; else the body says it. */
function namedModel({ hints, peek }: Call, fallback: string | null): { model?: string } {
  if (fallback !== null) return { model: fallback };
  return hints?.model === undefined || peek === null ? {} : { model: peek.model };
}

/** Only where it will be written in another dialect: there a bound may be obligatory. */
function outputMost({ serves, maxOutputTokens }: RoutingDeployment, { dialect }: Ingress): { modelOutputTokensMax?: number } {
  if (maxOutputTokens === null || serves.some((served) => served.dialect === dialect)) return {};
  return { modelOutputTokensMax: maxOutputTokens };
}
