import type { Placed, Roster } from '@tollgate/kernel';
import { FAILURES, streamFailure } from '../failure.js';
import { WINDOW_BYTES } from '../limits.js';
import { ReceiveWindow } from '../receive-window.js';
import { SendingStream } from '../sending-stream.js';
import type {
  ClientStream,
  MessageHeaders,
  StreamCancelReason,
  StreamFailure,
  StreamOpening,
  StreamReceiver,
} from '../transport.js';
import type { Mailbox, Recipient } from './mailbox.js';

export type FrameKind = 'open' | 'head' | 'data' | 'end' | 'failed' | 'grant' | 'cancel';

/** What the two halves ask of the transport that they belong to. */
export interface LocalHost {
  readonly mailbox: Mailbox<FrameKind>;
  readonly open: Roster<LocalClientStream>;
  /** Hands the stream to its handler. */
  serve(stream: LocalServerStream): void;
  released(stream: LocalServerStream): void;
}

export class LocalServerStream extends SendingStream implements Recipient<FrameKind>, Placed {
  place = -1;
  readonly headers: MessageHeaders;
  readonly meta: Uint8Array;
  readonly body: Uint8Array;
  readonly deadlineMs: number;
  readonly client: LocalClientStream;

  constructor(
    private readonly host: LocalHost,
    opening: StreamOpening,
    client: LocalClientStream,
    /** The member of the queue group; the transport's own business. */
    readonly member: unknown,
  ) {
    super(opening.windowBytes ?? WINDOW_BYTES);
    this.headers = opening.headers;
    this.meta = opening.meta;
    this.body = opening.body;
    this.deadlineMs = opening.deadlineMs;
    this.client = client;
  }

  receive(kind: FrameKind, payload: unknown): void {
    if (this.over) return;
    if (kind === 'open') this.host.serve(this);
    else if (kind === 'grant') this.grant(payload as number);
    else this.stop(payload as StreamCancelReason);
  }

  protected emitHead(meta: Uint8Array): void {
    this.host.mailbox.post(this.client, 'head', meta);
  }
  protected emitData(chunk: Uint8Array): void {
    this.host.mailbox.post(this.client, 'data', chunk);
  }
  protected emitEnd(meta: Uint8Array): void {
    this.host.mailbox.post(this.client, 'end', meta);
  }
  protected emitFailure(meta: Uint8Array): void {
    this.host.mailbox.post(this.client, 'failed', streamFailure('application', 'the serving side failed', meta));
  }
  protected emitOverrun(): void {
    this.host.mailbox.post(this.client, 'failed', FAILURES.overrun);
  }
  protected release(): void {
    this.host.released(this);
  }
}

export class LocalClientStream implements ClientStream, Recipient<FrameKind>, Placed {
  place = -1;
  /** Null where nobody serves the subject. */
  server: LocalServerStream | null = null;
  readonly #window: ReceiveWindow;
  #receiver: StreamReceiver | null;

  constructor(
    private readonly host: LocalHost,
    windowBytes: number,
    /** Monotonic time, milliseconds. */
    readonly deadlineAtMs: number,
    receiver: StreamReceiver,
  ) {
    this.#window = new ReceiveWindow(windowBytes);
    this.#receiver = receiver;
  }

  receive(kind: FrameKind, payload: unknown): void {
    const receiver = this.#receiver;
    if (receiver === null) return;
    if (kind === 'head') receiver.onHead(payload as Uint8Array);
    else if (kind === 'data') {
      this.#window.take((payload as Uint8Array).length);
      receiver.onData(payload as Uint8Array);
    } else if (kind === 'end') {
      this.#close();
      receiver.onEnd(payload as Uint8Array);
    } else {
      this.#close();
      receiver.onError(payload as StreamFailure);
    }
  }

  consumed(bytes: number): void {
    if (this.#receiver === null || this.server === null) return;
    if (this.#window.consumed(bytes)) this.host.mailbox.post(this.server, 'grant', this.#window.granted);
  }

  cancel(_reason: string): void {
    this.#leave('cancelled');
  }

  /** The transport ends the stream: the receiver is told, the handler is stopped. */
  abort(failure: StreamFailure, reason: StreamCancelReason): void {
    const receiver = this.#receiver;
    this.#leave(reason);
    receiver?.onError(failure);
  }

  #leave(reason: StreamCancelReason): void {
    if (this.#receiver === null) return;
    this.#close();
    if (this.server !== null) this.host.mailbox.post(this.server, 'cancel', reason);
  }

  #close(): void {
    this.#receiver = null;
    this.host.open.remove(this);
  }
}
