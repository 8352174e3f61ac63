import { type UpstreamFailure, UpstreamFailureSchema } from '@tollgate/contracts';
import { decodeJson, ERROR_CODES, isErrorCode, TollgateError } from '@tollgate/kernel';
import { type AttemptEnd, classOfFailure, priceUsage } from '@tollgate/policy';
import type { StreamFailure } from '@tollgate/transport';
import { round } from './answer-headers.js';
import { breakStream } from './break-stream.js';
import type { Attempt, Call } from './call.js';
import { estimateAttempt } from './cut-attempt.js';
import { noteEnd, SILENT } from './note-health.js';
import { codeOf, refuse } from './refuse.js';

type Failure = TollgateError | UpstreamFailure;

/** Where the next attempt begins; set by relay.ts, which needs this file in turn. */
export const RETRY: { begin(call: Call): void } = { begin: () => undefined };

/** An attempt has failed: the next one, or the error to the caller. */
export function failAttempt(call: Call, attempt: Attempt, stream: StreamFailure): void {
  attempt.over = true;
  const failure = readFailure(stream);
  book(call, attempt, failure, wasDispatched(attempt, stream));
  call.gate.logger.info(
    { requestId: call.id, attempt: attempt.row.number, code: failure.code, reason: failure.internalMessage ?? stream.message },
    'an attempt failed',
  );
  if (call.headSent) {
    breakStream(call, failure);
    return;
  }
  const pauseMs = pauseBeforeNext(call, failure);
  if (pauseMs === null) refuse(call, failure);
  else if (pauseMs === 0) RETRY.begin(call);
  else call.retryTimer = setTimeout(onPauseOver, pauseMs, call);
}

function onPauseOver(call: Call): void {
  call.retryTimer = null;
  RETRY.begin(call);
}

function readFailure(stream: StreamFailure): Failure {
  switch (stream.code) {
    case 'application': {
      try {
        return UpstreamFailureSchema.parse(decodeJson(stream.meta));
      } catch (cause) {
        return new TollgateError('internal_error', 'Something went wrong inside the gateway.', {
          cause,
          internalMessage: 'unreadable failure',
        });
      }
    }
    case 'no_responders':
      return new TollgateError('no_adapter', 'No provider adapter is running. Try again shortly.');
    case 'no_capacity':
      return new TollgateError('overloaded', 'The provider adapters have no room for so large a request. Try again shortly.');
    case 'disconnected':
      return new TollgateError('gateway_unavailable', 'The gateway lost its message bus. Try again shortly.');
    case 'deadline':
      return new TollgateError('deadline_exceeded', 'The deadline of the call has passed.');
    case 'peer_lost':
    case 'gap':
    case 'protocol':
    case 'closed':
      return new TollgateError('adapter_lost', 'The adapter that served the call is gone. Try again.', {
        internalMessage: stream.message,
      });
  }
}

/** Nobody took it, so nothing was used; in every other case the upstream may be at work. */
function wasDispatched(attempt: Attempt, { code }: StreamFailure): boolean {
  if (code === 'no_responders' || code === 'no_capacity') return false;
  return code !== 'disconnected' || attempt.connected;
}

function book(call: Call, attempt: Attempt, failure: Failure, dispatched: boolean): void {
  const { row } = attempt;
  const code = codeOf(failure);
  if (failure instanceof TollgateError) {
    if (!dispatched) {
      row.errorCode = code;
      row.durationMs = round(call.gate.clock.monotonic() - attempt.startedMono);
      noteEnd(call, SILENT);
    } else estimateAttempt(call, code);
  } else {
    noteEnd(call, endOf(failure));
    row.status = failure.status;
    row.errorCode = code;
    row.durationMs = round(failure.durationMs);
    row.firstByteMs = failure.firstByteMs === null ? null : round(failure.firstByteMs);
    row.upstreamRequestId = failure.upstreamRequestId;
    row.usage = failure.usage;
    row.basis = failure.basis;
    row.cost = failure.basis === 'none' ? null : priceUsage(row.price, failure.usage);
  }
  call.attempt = null;
}

function endOf({ code, retryAfterMs }: UpstreamFailure): AttemptEnd {
  const failure = isErrorCode(code) ? classOfFailure(code) : null;
  return failure === null ? SILENT : { kind: 'failed', failure, retryAfterMs };
}

/** Milliseconds until the next attempt, null where there is none. */
function pauseBeforeNext(call: Call, { code, retryAfterMs }: Failure): number | null {
  if (call.course === null || !isErrorCode(code)) return null;
  // All attempts go the same way: where nobody is there, nobody will be in a moment.
  if (code === 'no_adapter' || code === 'gateway_unavailable') return null;
  const { gate, course, deadlineAt } = call;
  const leftMs = deadlineAt - gate.clock.monotonic();
  const { retryable } = ERROR_CODES[code];
  return course.advance(
    { failure: classOfFailure(code), retryable, retryAfterMs: retryAfterMs ?? null, leftMs },
    gate.retries,
    gate.random,
  );
}
