/** Who has to act: the caller, the operator of the gateway, or the upstream provider. */
export type ErrorOwner = 'caller' | 'gateway' | 'provider';

interface ErrorRow {
  readonly httpStatus: number;
  readonly owner: ErrorOwner;
  /** The `type` of OpenAI's error envelope; other dialects map from it. */
  readonly type: string;
  /** Another attempt (same or next deployment) can help, as long as no byte has been sent to the caller. */
  readonly retryable: boolean;
  /** What the caller should do; shown in the generated error page. */
  readonly remedy: string;
}

const caller = (httpStatus: number, type: string, remedy: string): ErrorRow => ({
  httpStatus,
  owner: 'caller',
  type,
  retryable: false,
  remedy,
});
const gateway = (httpStatus: number, retryable: boolean, remedy: string): ErrorRow => ({
  httpStatus,
  owner: 'gateway',
  type: 'server_error',
  retryable,
  remedy,
});
const provider = (httpStatus: number, retryable: boolean, remedy: string): ErrorRow => ({
  httpStatus,
  owner: 'provider',
  type: 'upstream_error',
  retryable,
  remedy,
});

/** Every failure that Tollgate reports, in one table. A code is a promise: it is never renamed. */
export const ERROR_CODES = {
  invalid_api_key: caller(401, 'authentication_error', 'Send a live token in the Authorization header.'),
  sign_in_failed: caller(401, 'authentication_error', 'Check the email address and the password.'),
  token_in_query: caller(
    400,
    'invalid_request_error',
    'Move the token from the URL to the Authorization header, and rotate it: URLs are logged.',
  ),
  https_required: caller(
    403,
    'invalid_request_error',
    'Use https://, and rotate the token: on the way it could be read by others.',
  ),
  permission_denied: caller(403, 'permission_error', 'Ask an administrator for a token with the scope that the message names.'),
  address_not_allowed: caller(403, 'permission_error', 'Call from an address that the token is allowed to be used from.'),
  outside_time_window: caller(403, 'permission_error', 'Call at a time that the message names.'),
  model_not_allowed: caller(403, 'permission_error', 'Use a model on the allow-list of the token.'),
  model_not_found: caller(404, 'invalid_request_error', 'List the models with GET /v1/models.'),
  route_not_found: caller(404, 'invalid_request_error', 'Check the path against the documentation.'),
  method_not_allowed: caller(405, 'invalid_request_error', 'Use the method that the Allow header names.'),
  not_found: caller(404, 'invalid_request_error', 'Check the id.'),
  conflict: caller(409, 'invalid_request_error', 'Read the object again and repeat the change.'),
  precondition_failed: caller(412, 'invalid_request_error', 'Read the object again and send its current ETag.'),
  request_in_progress: caller(409, 'invalid_request_error', 'Wait for the first request with this Idempotency-Key.'),
  idempotency_key_reused: caller(422, 'invalid_request_error', 'Use a new Idempotency-Key for another request.'),
  invalid_json: caller(400, 'invalid_request_error', 'Send a body that is valid JSON.'),
  invalid_request: caller(400, 'invalid_request_error', 'Mend the field that the message names.'),
  unsupported_media_type: caller(415, 'invalid_request_error', 'Send application/json, not compressed.'),
  input_too_long: caller(400, 'invalid_request_error', 'Send less text, or ask for a token with a higher cap.'),
  body_too_large: caller(413, 'invalid_request_error', 'Send a smaller body.'),
  headers_too_large: caller(431, 'invalid_request_error', 'Send fewer or shorter headers.'),
  expectation_failed: caller(417, 'invalid_request_error', 'Send no Expect header but `100-continue`.'),
  request_timeout: caller(408, 'invalid_request_error', 'Send the whole request faster.'),
  rate_limit_exceeded: caller(429, 'rate_limit_error', 'Wait as long as Retry-After says.'),
  quota_unavailable: {
    ...caller(429, 'rate_limit_error', 'Try again shortly: the quota authority is out of reach.'),
    owner: 'gateway',
  },
  budget_exceeded: caller(429, 'insufficient_quota', 'Raise the budget or wait for its next window.'),
  client_closed_request: caller(499, 'invalid_request_error', 'The caller left before the answer was complete.'),
  token_unverifiable: gateway(503, false, 'Try again shortly: the token cannot be checked right now.'),
  no_adapter: gateway(503, true, 'Try again shortly: no provider adapter is running.'),
  gateway_unavailable: gateway(503, true, 'Try again shortly: the gateway lost its message bus.'),
  overloaded: gateway(503, true, 'Try again shortly.'),
  adapter_lost: gateway(502, true, 'Try again: the adapter that served the call is gone.'),
  deadline_exceeded: gateway(504, false, 'Allow more time with x-tollgate-timeout or ask for less.'),
  misconfigured: gateway(502, true, 'Tell the administrator: the deployment or its credential is not usable.'),
  internal_error: gateway(500, false, 'Report the request id.'),
  upstream_bad_request: provider(400, false, 'Mend the request as the provider says.'),
  upstream_context_window: provider(400, false, 'Send less text, or use a model with a larger context window.'),
  upstream_content_policy: provider(400, false, 'Change what the provider objects to.'),
  upstream_auth_failed: provider(502, true, 'Tell the administrator: the provider refused the credential.'),
  upstream_not_found: provider(404, true, 'Tell the administrator: the provider does not know the model.'),
  upstream_rate_limited: provider(429, true, 'Wait as long as Retry-After says.'),
  upstream_error: provider(502, true, 'Try again shortly.'),
  upstream_overloaded: provider(503, true, 'Try again shortly.'),
  upstream_unreachable: provider(502, true, 'Try again shortly.'),
  upstream_timeout: provider(504, true, 'Try again shortly.'),
  upstream_closed: provider(502, true, 'Try again: the provider cut the answer.'),
  upstream_invalid: provider(502, true, 'Tell the administrator: the provider sent something that is no answer.'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_CODES;
export type { ErrorRow };
export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(ERROR_CODES, text);
