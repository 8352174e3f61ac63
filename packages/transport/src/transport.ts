/** Headers that ride beside a message: lower-case names of `MESSAGE_HEADERS`, printable ASCII values. */
export type MessageHeaders = Readonly<Record<string, string>>;

export interface Subscription {
  /** Takes no more messages; resolves when those under way have been handled. */
  drain(): Promise<void>;
}

export interface RequestOptions {
  /** Milliseconds until `timeout`. */
  readonly timeoutMs: number;
  readonly headers?: MessageHeaders;
}

export interface Incoming {
  readonly subject: string;
  readonly headers: MessageHeaders;
  readonly body: Uint8Array;
}

/** What a stream is opened with. */
export interface StreamOpening {
  readonly headers: MessageHeaders;
  /** A small description of the call, opaque to the transport; travels with the first part of the body. */
  readonly meta: Uint8Array;
  /** Up to the transport's `maxBodyBytes`; over the bus's max payload it travels in parts. */
  readonly body: Uint8Array;
  /** Whole life of the stream, milliseconds; it fails with `deadline` then. */
  readonly deadlineMs: number;
  /** Bytes of data that the receiver takes before its first grant; 256 KiB by default. */
  readonly windowBytes?: number;
}

/**
 * Callbacks of the side that opened the stream, in this order: accepted?, head?, data*, then exactly one of end and error.
 * All are called synchronously as frames arrive and must not throw. Frames that came in one message may be handed over
 * in one tick, so a short answer is head, data and end in a row.
 */
export interface StreamReceiver {
  onHead(meta: Uint8Array): void;
  /** The bytes are the receiver's to keep. */
  onData(chunk: Uint8Array): void;
  onEnd(meta: Uint8Array): void;
  onError(error: StreamFailure): void;
}

/** Why a stream ended badly: the peer said so (`application`, with its own payload), or the transport did. */
export interface StreamFailure {
  readonly code:
    | 'application'
    | 'no_responders'
    /** The serving process has no room for a body so long right now; it has not run. Another one may have. */
    | 'no_capacity'
    | 'deadline'
    /** The peer fell silent (no frame and no heartbeat for 3 s). */
    | 'peer_lost'
    /** A frame is missing: the broker lost it. */
    | 'gap'
    | 'disconnected'
    /** The receiver did not keep the frames within the bounds. */
    | 'protocol'
    | 'closed';
  readonly message: string;
  /** Payload of `application`, empty otherwise. */
  readonly meta: Uint8Array;
}

/** Handle of the side that opened the stream. */
export interface ClientStream {
  /** The receiver has passed on so many more bytes: lets the sender go on. Cheap; the transport batches what it sends. */
  consumed(bytes: number): void;
  /** The receiver wants no more: no further callback comes; the peer's `onCancel` runs, also where it accepts only later. */
  cancel(reason: string): void;
}

/** Handle of the side that serves a stream. */
export interface ServerStream {
  readonly headers: MessageHeaders;
  readonly meta: Uint8Array;
  /** The whole body; in parts it has been put together before the handler runs. */
  readonly body: Uint8Array;
  /** Milliseconds left, by the local monotonic clock, when the stream was accepted. */
  readonly deadlineMs: number;
  sendHead(meta: Uint8Array): void;
  /**
   * Takes the chunk (the caller does not touch it again) and says whether credit is left. After `false` the sender stops
   * reading its source until `onDrain`; what it sends in spite of that is queued, and past 1 MiB the stream fails.
   */
  send(chunk: Uint8Array): boolean;
  end(meta: Uint8Array): void;
  /** Ends the stream with an error that the receiver sees as `application`. */
  fail(meta: Uint8Array): void;
  /** Set by the handler before it returns. Credit is there again. */
  onDrain: (() => void) | null;
  /** Set by the handler before it returns. The peer left, died, or the deadline passed: stop the work at once. */
  onCancel: ((reason: StreamCancelReason) => void) | null;
}

/** `vanished`: the receiver died or was cut off; what was seen must be reported elsewhere. */
export type StreamCancelReason = 'cancelled' | 'deadline' | 'vanished' | 'closed';

export type TransportErrorCode = 'no_responders' | 'timeout' | 'disconnected' | 'too_large' | 'closed' | 'handler_failed';

export class TransportError extends Error {
  override readonly name = 'TransportError';
  constructor(
    readonly code: TransportErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * One interface, two implementations: NATS between processes, in-process within one. `runTransportSuite` holds both to it.
 * Publish, request and openStream never block on a broken connection: they fail with `disconnected`.
 */
export interface Transport {
  readonly kind: 'nats' | 'in-process' | 'composite';
  /** False while the bus is out of reach; always true in-process. */
  readonly connected: boolean;
  /** Longest body of a stream, bytes (32 MiB + 1 MiB of slack). */
  readonly maxBodyBytes: number;
  onConnectionChange(listener: (connected: boolean) => void): () => void;

  /** Fire and forget to all subscribers. */
  publish(subject: string, body: Uint8Array, headers?: MessageHeaders): void;
  /** Every subscriber gets every message. */
  subscribe(subject: string, handler: (message: Incoming) => void): Subscription;

  /** One answer from one member of the subject's queue group. Rejects with {@link TransportError}. */
  request(subject: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array>;
  /** Joins the queue group. A handler that throws answers `handler_failed`, without its message. */
  respond(subject: string, queue: string, handler: (message: Incoming) => Promise<Uint8Array>): Subscription;

  openStream(subject: string, opening: StreamOpening, receiver: StreamReceiver): ClientStream;
  /** Joins the queue group of streams. `drain` lets the open ones finish. */
  serveStream(subject: string, queue: string, handler: (stream: ServerStream) => void): Subscription;

  /** Stops taking work, lets what is under way finish (at most so long), then closes. */
  drain(graceMs: number): Promise<void>;
}
