import type { UpstreamFailure } from '@tollgate/contracts';
import { ERROR_CODES, type ErrorCode, isErrorCode, TollgateError } from '@tollgate/kernel';
import { answerHeaders, pushUpstreamHeaders } from './answer-headers.js';
import type { Call } from './call.js';
import { sendAnswer } from './send-answer.js';
import { settle } from './settle.js';

type Failure = TollgateError | UpstreamFailure;

/** Shown as `x-tollgate-error-source`: who has to look. */
const sourceOf = (code: ErrorCode): string => (ERROR_CODES[code].owner === 'provider' ? 'provider' : 'gateway');
export const codeOf = (failure: Failure): ErrorCode => (isErrorCode(failure.code) ? failure.code : 'internal_error');

/** Answers an error; a known token's call is settled first. Nothing of the answer has been sent yet. */
export function refuse(call: Call, failure: Failure): void {
  if (call.over) return;
  const code = codeOf(failure);
  const written = call.ingress.writeError(failure, call.id);
  const headers = answerHeaders(call);
  headers.push('content-type', 'application/json; charset=utf-8', 'x-tollgate-error-source', sourceOf(code));
  const retryAfterMs = failure.retryAfterMs ?? (written.httpStatus === 503 ? 1_000 : null);
  if (retryAfterMs !== null) {
    headers.push(
      'retry-after',
      String(Math.max(1, Math.ceil(retryAfterMs / 1000))),
      'retry-after-ms',
      String(Math.ceil(retryAfterMs)),
    );
  }
  if (call.attempts.length > 0) pushUpstreamHeaders(call, headers, upstreamMs(call));
  if (failure instanceof TollgateError && failure.internalMessage !== undefined) {
    call.gate.logger.warn({ requestId: call.id, code, reason: failure.internalMessage }, 'a call was refused');
  }
  call.statusSent = written.httpStatus;
  call.errorCode = code;
  call.lastHead = headers;
  call.lastBytes = written.body;
  call.responseBytes = written.body.length;
  settle(call, call.phase === 'relaying' ? 'failed' : 'refused', sendRefusal);
}

const upstreamMs = (call: Call): number => call.attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0);

function sendRefusal(call: Call): void {
  const headers = call.lastHead ?? [];
  const body = call.lastBytes ?? new Uint8Array(0);
  call.headSent = true;
  sendAnswer(call.request, call.response, { status: call.statusSent, headers, body });
}

export const refuseWith = (call: Call, code: ErrorCode, message: string, param?: string): void =>
  refuse(call, new TollgateError(code, message, param === undefined ? {} : { param }));
