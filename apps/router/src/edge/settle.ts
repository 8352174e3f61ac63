import { NO_USAGE, type Usage, type UsageBasis, type UsageRecord } from '@tollgate/contracts';
import { sumMoney, worstCharges } from '@tollgate/policy';
import { ATTRIBUTES, SPAN_NAMES } from '@tollgate/telemetry';
import { round } from './answer-headers.js';
import type { Call, CallOutcome } from './call.js';
import { releaseBounds } from './release-bounds.js';

/**
 * Ends the call: one usage record, once, on file before `finish` hands the last byte to the socket. A call without a known
 * token leaves no record, nor does a refusal while the spool takes no calls.
 */
export function settle(call: Call, outcome: CallOutcome, finish: (call: Call) => void): void {
  if (call.over) return;
  call.phase = 'settling';
  call.afterSettlement = finishCall;
  call.afterFinish = finish;
  observe(call, outcome);
  // Refusals that a full spool or disk causes would fill it further: they are counted in the metrics alone.
  if (call.verified === null || (outcome === 'refused' && !call.gate.spool.accepting)) {
    finishCall(call);
    return;
  }
  releaseBounds(call);
  const record = usageRecord(call, outcome);
  call.gate.spool.settle(call, JSON.stringify(record));
}

function finishCall(call: Call): void {
  call.phase = 'done';
  call.gate.calls.remove(call);
  call.afterFinish(call);
}

/** The record as it stands now; also what an intent keeps. */
export function usageRecord(call: Call, outcome: CallOutcome): UsageRecord {
  const { verified, attempts, peek } = call;
  if (verified === null) throw new Error('a call without a token has no record');
  const [only] = attempts;
  const single = attempts.length === 1 && only !== undefined;
  return {
    v: 1,
    id: call.id,
    clientRequestId: call.clientRequestId,
    traceId: call.trace.traceId,
    organisationId: verified.organisationId,
    teamId: verified.token.teamId,
    tokenId: verified.tokenId,
    secretId: verified.secretId,
    endpoint: call.ingress.endpoint,
    dialect: call.ingress.dialect,
    model: peek?.model ?? '',
    stream: call.stream,
    outcome,
    status: call.statusSent,
    errorCode: call.errorCode,
    startedAt: call.startedAt,
    durationMs: round(call.elapsedMs()),
    firstByteMs: call.firstByteMs,
    overheadMs: call.overheadMs,
    requestBytes: call.bodyBytes,
    responseBytes: call.responseBytes,
    attempts,
    usage: single ? only.usage : sumUsage(call),
    basis: single ? only.basis : weakestBasis(call),
    cost: single ? only.cost : sumMoney(attempts.map((attempt) => attempt.cost)),
    unverified: call.unverified,
    metadata: call.metadata,
    ...(call.ticket === null ? {} : { charges: [...(call.ticket.settled ?? worstCharges(call.ticket))] }),
  };
}

function sumUsage(call: Call): Usage {
  const total: Usage = { ...NO_USAGE };
  for (const { usage } of call.attempts) {
    total.input += usage.input;
    total.cacheRead += usage.cacheRead;
    total.cacheWrite += usage.cacheWrite;
    total.inputAudio += usage.inputAudio;
    total.output += usage.output;
    total.reasoning += usage.reasoning;
    total.outputAudio += usage.outputAudio;
  }
  return total;
}

/** A sum is as good as its worst part. */
function weakestBasis(call: Call): UsageBasis {
  let basis: UsageBasis = 'none';
  for (const attempt of call.attempts) {
    if (attempt.basis === 'estimated') return 'estimated';
    if (attempt.basis === 'counted') basis = 'counted';
    else if (attempt.basis === 'reported' && basis === 'none') basis = 'reported';
  }
  return basis;
}

function observe(call: Call, outcome: CallOutcome): void {
  const { metrics, tracer } = call.gate;
  const { endpoint, path } = call.ingress;
  const elapsed = call.elapsedMs();
  metrics.calls.add({ endpoint, outcome, status: String(call.statusSent) });
  if (outcome === 'refused') metrics.refusals.add({ code: call.errorCode ?? 'none' });
  else {
    metrics.duration.observe({ endpoint, stream: call.stream ? 'true' : 'false' }, elapsed / 1000);
    if (call.firstByteMs !== null) metrics.firstByte.observe({ endpoint }, call.firstByteMs / 1000);
    if (call.overheadMs !== null) metrics.overhead.observe({ endpoint }, call.overheadMs / 1000);
  }
  const failed = outcome === 'failed' || outcome === 'interrupted';
  if (!tracer.wants(call.trace, failed)) return;
  tracer.record({
    context: call.trace,
    name: call.peek === null ? SPAN_NAMES.call : `${SPAN_NAMES.call} ${call.peek.model}`,
    kind: 'server',
    startMs: call.startedAt,
    endMs: call.startedAt + elapsed,
    attributes: {
      [ATTRIBUTES.httpMethod]: call.request.method ?? '',
      [ATTRIBUTES.httpRoute]: path,
      [ATTRIBUTES.httpStatus]: call.statusSent,
      [ATTRIBUTES.requestId]: call.id,
      [ATTRIBUTES.organisationId]: call.verified?.organisationId ?? '',
      [ATTRIBUTES.tokenId]: call.verified?.tokenId ?? '',
      [ATTRIBUTES.genAiRequestModel]: call.peek?.model ?? '',
      [ATTRIBUTES.stream]: call.stream,
      [ATTRIBUTES.attempts]: call.attempts.length,
      [ATTRIBUTES.outcome]: outcome,
    },
    ...(failed ? { errorCode: call.errorCode ?? 'internal_error' } : {}),
  });
}
