import { ERROR_CODES, type ErrorCode, type ErrorRow } from './error-codes.js';

export interface TollgateErrorOptions {
  /** For logs only: may name hosts, ids and causes, never a secret. */
  readonly internalMessage?: string;
  /** The field at fault, as a parameter name or JSON pointer. */
  readonly param?: string;
  /** When the caller may try again, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** The one error type of the product: `message` is public, `internalMessage` is for the log. */
export class TollgateError extends Error {
  override readonly name = 'TollgateError';
  readonly code: ErrorCode;
  readonly internalMessage: string | undefined;
  readonly param: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, publicMessage: string, options: TollgateErrorOptions = {}) {
    super(publicMessage, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.internalMessage = options.internalMessage;
    this.param = options.param;
    this.retryAfterMs = options.retryAfterMs;
  }

  get row(): ErrorRow {
    return ERROR_CODES[this.code];
  }
}
