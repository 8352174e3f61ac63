import type { Result } from '@tollgate/kernel';
import type { PeekLimits, PeekReader } from '../openai-chat/peek.js';
import type { CanonicalError } from './canonical-error.js';
import type { CanonicalEvent } from './canonical-event.js';
import type { CanonicalReply } from './canonical-reply.js';
import type { CanonicalRequest } from './canonical-request.js';
import type { DialectName } from './dialect-name.js';
import type { Target } from './target.js';

/** What the path says where the body does not (Gemini). */
export interface RequestHints {
  readonly model?: string;
  readonly stream?: boolean;
}

export interface RequestRefusal {
  readonly code: 'invalid_json' | 'invalid_request' | 'body_too_large';
  /** Public. */
  readonly message: string;
  /** The field at fault, null where the whole body is. */
  readonly param: string | null;
}

export interface WrittenRequest {
  readonly body: Uint8Array;
  /** Names of what could not be carried, for `x-tollgate-dropped`. */
  readonly dropped: readonly string[];
  /** Those of `dropped` that the call cannot do without (`previous_response_id`): refuse it with a 400 that names them. */
  readonly refused: readonly string[];
  readonly expect: Expectation;
}

/** What the reader of the answer must know of the request that was written. */
export interface Expectation {
  /** The answer was emulated by this forced tool: its arguments are the text. */
  readonly jsonTool?: string;
  /** Tools of free text that were written as functions with one argument `input`. */
  readonly customTools?: readonly string[];
}

/** What the writer of an answer must know of the call. */
export interface ReplyContext {
  /** Seconds since 1970, for an upstream that does not date its answers. */
  readonly now: number;
  /** For an upstream that gives no id. */
  readonly id: string;
  /** For an upstream that does not name its model. */
  readonly model: string;
  /** The caller asked for usage in the stream (OpenAI). */
  readonly includeUsage: boolean;
  /** Input tokens to say at the start of a stream where the upstream says them only at its end. */
  readonly inputTokensEstimate: number;
}

export interface Written {
  readonly body: Uint8Array;
  readonly dropped: readonly string[];
}

export interface WrittenFailure {
  readonly httpStatus: number;
  readonly body: Uint8Array;
}

export type EventSink = (event: CanonicalEvent) => void;

export interface StreamReader {
  /** The next bytes, cut anywhere. After `error` or `end` nothing more is said. */
  push(chunk: Uint8Array): void;
  /** The upstream has closed: a stream that was not whole ends with an `error` of class `server`. */
  finish(): void;
}

export interface StreamWriter {
  write(event: CanonicalEvent): void;
  /** The bytes since the last call, empty where there are none: one write per read of the upstream. */
  take(): Uint8Array;
  /** Names of what could not be carried so far. */
  dropped(): readonly string[];
}

/** The side that callers speak to. */
export interface CallerSide {
  preparePeek(limits: PeekLimits): (hints?: RequestHints) => PeekReader;
  readRequest(body: Uint8Array, hints?: RequestHints): Result<CanonicalRequest, RequestRefusal>;
  writeReply(reply: CanonicalReply, context: ReplyContext): Written;
  createStreamWriter(context: ReplyContext): StreamWriter;
  /** An error of an upstream, in the envelope of this dialect. */
  writeError(error: CanonicalError, requestId: string): WrittenFailure;
}

/** The side that vendors are spoken to. */
export interface UpstreamSide {
  writeRequest(request: CanonicalRequest, target: Target): WrittenRequest;
  /** Fails with an error of class `server` where the body is no answer of the dialect. */
  readReply(body: Uint8Array, expect?: Expectation): Result<CanonicalReply, CanonicalError>;
  createStreamReader(sink: EventSink, expect?: Expectation): StreamReader;
  readError(status: number, body: Uint8Array): CanonicalError;
}

/** A grammar: one row of pure functions. A side that nobody speaks is null. */
export interface Dialect {
  readonly name: DialectName;
  /** Content type of streams. */
  readonly streamType: 'text/event-stream' | 'application/vnd.amazon.eventstream' | 'application/x-ndjson';
  readonly caller: CallerSide | null;
  readonly upstream: UpstreamSide | null;
}
