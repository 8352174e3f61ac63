import type { SettledUsage } from '@tollgate/dialects';
import type { ErrorCode } from '@tollgate/kernel';

export interface FailureDetails {
  readonly code: ErrorCode;
  /** Public. */
  readonly message: string;
  /** For the log, no secret. */
  readonly internalMessage?: string;
  readonly retryAfterMs?: number | null;
  /** The provider's own body in the dialect, to be shown to the caller; redacted by the call. */
  readonly body?: string | null;
  /** The field of the caller's request that is at fault. */
  readonly param?: string;
}

/** What a reader of an answer asks of its call. */
export interface AnswerSink {
  /** Passes bytes on; the first ones take the head with them, after which there is no other attempt. */
  emit(bytes: Uint8Array): void;
  /** The answer is whole. */
  complete(): void;
  fail(details: FailureDetails): void;
}

/** Reads one kind of answer (a stream, a whole JSON, an error body) as its bytes arrive. */
export interface AnswerReader {
  push(chunk: Uint8Array): void;
  end(): void;
  /** What was used, as far as it is known now. */
  settle(): SettledUsage;
}
