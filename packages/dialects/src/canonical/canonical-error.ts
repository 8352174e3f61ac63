export const ERROR_CLASSES = [
  'invalid_request',
  'authentication',
  'permission',
  'not_found',
  'request_too_large',
  'rate_limit',
  'quota',
  'overloaded',
  'context_window',
  'content_policy',
  'timeout',
  'server',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/** An error of an upstream in no vendor's grammar; fallbacks are chosen by its class. */
export interface CanonicalError {
  readonly class: ErrorClass;
  /** The vendor's own words. */
  readonly message: string;
  /** HTTP status, null for an error inside a stream. */
  readonly status: number | null;
  readonly type?: string;
  readonly code?: string;
  /** The field at fault. */
  readonly param?: string;
  readonly retryAfterMs?: number;
}
