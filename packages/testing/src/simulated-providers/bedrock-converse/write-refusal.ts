import { encodeEvent } from '../aws/encode-event.js';
import type { Refusal, RefusalKind } from '../engine/refusal.js';
import { type Answer, type Call, type Frame, frame } from '../engine/vendor.js';

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors */
const KINDS: Readonly<Record<RefusalKind, readonly [number, string]>> = {
  invalid: [400, 'ValidationException'],
  unauthenticated: [403, 'UnrecognizedClientException'],
  forbidden: [403, 'AccessDeniedException'],
  not_found: [404, 'ResourceNotFoundException'],
  too_large: [413, 'RequestEntityTooLargeException'],
  rate_limited: [429, 'ThrottlingException'],
  server_error: [500, 'InternalServerException'],
  unavailable: [503, 'ServiceUnavailableException'],
  overloaded: [503, 'ServiceUnavailableException'],
};

/** The name of the error is in a header alone; AWS tells no Retry-After. */
export function writeAwsRefusal(refusal: Refusal, call: Call): Answer {
  const [status, name] = KINDS[refusal.kind];
  return {
    status: refusal.details.status ?? status,
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': call.id,
      'x-amzn-errortype': `${refusal.details.type ?? name}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
    },
    body: JSON.stringify({ message: refusal.message }),
  };
}

export function writeAwsErrorFrame(refusal: Refusal): Frame {
  const name = KINDS[refusal.kind][1];
  const headers = {
    ':exception-type': `${name.charAt(0).toLowerCase()}${name.slice(1)}`,
    ':content-type': 'application/json',
    ':message-type': 'exception',
  };
  return frame(encodeEvent(headers, JSON.stringify({ message: refusal.message })));
}
