import type { ErrorCode } from '@tollgate/kernel';

export interface ConnectionFailure {
  readonly code: ErrorCode;
  /** Public. */
  readonly message: string;
}

const UNREACHABLE: ConnectionFailure = { code: 'upstream_unreachable', message: 'The provider could not be reached.' };
const CLOSED: ConnectionFailure = {
  code: 'upstream_closed',
  message: 'The provider closed the connection before its answer was complete.',
};
const INVALID: ConnectionFailure = { code: 'upstream_invalid', message: 'The provider sent something that is no HTTP answer.' };
const FORBIDDEN: ConnectionFailure = { code: 'misconfigured', message: 'The provider is not configured in a usable way.' };
const BROKEN_REQUEST: ConnectionFailure = { code: 'misconfigured', message: 'The request to the provider could not be made.' };

/** What an error of undici or of a socket means; `sent` = the request had a connection. */
export function classifyError(error: unknown, sent: boolean): ConnectionFailure {
  const code = codeOf(error);
  if (code === 'TOLLGATE_PRIVATE_ADDRESS') return FORBIDDEN;
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') return BROKEN_REQUEST;
  if (!sent) return UNREACHABLE;
  return code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW' ? INVALID : CLOSED;
}

/** For the log: names hosts and codes, holds no header and so no secret. */
export const describeError = (error: unknown): string =>
  error instanceof Error ? `${codeOf(error)} ${error.message}`.trim() : 'unknown error';

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
