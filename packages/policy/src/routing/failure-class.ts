import type { FailureClass } from '@tollgate/contracts';
import type { ErrorCode } from '@tollgate/kernel';

/** By code; what is missing is a failure of the caller or of the gateway itself, for which no other model is the remedy. */
const CLASSES: Partial<Record<ErrorCode, FailureClass>> = {
  upstream_context_window: 'context_window',
  upstream_content_policy: 'content_policy',
  upstream_rate_limited: 'rate_limit',
  upstream_overloaded: 'overloaded',
  upstream_error: 'server_error',
  upstream_invalid: 'server_error',
  upstream_closed: 'server_error',
  upstream_timeout: 'timeout',
  upstream_unreachable: 'unreachable',
  upstream_auth_failed: 'authentication',
  misconfigured: 'authentication',
  upstream_not_found: 'not_found',
};

/** null = says nothing about the deployment. */
export const classOfFailure = (code: ErrorCode): FailureClass | null => CLASSES[code] ?? null;
