import type { UpstreamFailure } from '@tollgate/contracts';
import { ERROR_CODES, type ErrorCode, encodeUtf8, isErrorCode, TollgateError } from '@tollgate/kernel';

export interface WrittenError {
  readonly httpStatus: number;
  /** JSON in the dialect's envelope. */
  readonly body: Uint8Array;
}

type Failure = TollgateError | UpstreamFailure;

/** An error as OpenAI's envelope `{"error":{message,type,param,code}}`; the body of a provider that may be shown goes as it is. */
export function writeError(failure: Failure): WrittenError {
  const code = codeOf(failure);
  const { httpStatus } = ERROR_CODES[code];
  if (failure instanceof TollgateError)
    return { httpStatus, body: encodeUtf8(envelope(code, failure.message, failure.param ?? null)) };
  const relayed = failure.body !== null;
  // A relayed refusal keeps its own status (400, 404, 413, 422); of all else the table decides.
  const status = relayed && failure.status !== null ? failure.status : httpStatus;
  return { httpStatus: status, body: encodeUtf8(failure.body ?? envelope(code, failure.message, failure.param ?? null)) };
}

/** The same as an SSE event, for a stream whose head is already out; the stream ends after it, without `[DONE]`. */
export function writeErrorEvent(failure: Failure): Uint8Array {
  const body = failure instanceof TollgateError ? null : oneLine(failure.body);
  const param = failure.param ?? null;
  return encodeUtf8(`data: ${body ?? envelope(codeOf(failure), failure.message, param)}\n\n`);
}

const codeOf = (failure: Failure): ErrorCode => (isErrorCode(failure.code) ? failure.code : 'internal_error');

function envelope(code: ErrorCode, message: string, param: string | null): string {
  return JSON.stringify({ error: { message, type: ERROR_CODES[code].type, param, code } });
}

/** A provider's body may be pretty-printed, which would break the event apart. */
function oneLine(body: string | null): string | null {
  if (body === null) return null;
  try {
    return JSON.stringify(JSON.parse(body));
  } catch {
    return null;
  }
}
