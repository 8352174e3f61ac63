import { NO_USAGE, type UpstreamFailure } from '@tollgate/contracts';
import { type ErrorCode, encodeJson } from '@tollgate/kernel';
import type { ServerStream } from '@tollgate/transport';

/** Refuses a call that was not sent to any upstream: nothing was used. `internalMessage` must hold no secret. */
export function failOpening(stream: ServerStream, code: ErrorCode, message: string, internalMessage: string): void {
  const failure: UpstreamFailure = {
    code,
    message,
    internalMessage,
    status: null,
    retryAfterMs: null,
    upstreamRequestId: null,
    body: null,
    usage: NO_USAGE,
    basis: 'none',
    firstByteMs: null,
    durationMs: 0,
  };
  stream.fail(encodeJson(failure));
}
