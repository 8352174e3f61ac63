import { FAILURES, streamFailure } from '../failure.js';
import { WINDOW_BYTES } from '../limits.js';
import { ReceiveWindow } from '../receive-window.js';
import type { ClientStream, StreamFailure, StreamOpening, StreamReceiver } from '../transport.js';
import * as frame from './frame.js';
import type { Hub } from './hub.js';
import type { Peer } from './outbox.js';

/** The table that an opened stream stands in. */
export interface OpenHost {
  readonly hub: Hub;
  released(stream: NatsClientStream): void;
}

/** One stream at the side that opened it. */
export class NatsClientStream implements ClientStream {
  heardTick: number;
  /** Tick of the last frame to the serving side. */
  sentTick: number;
  server: Peer | null = null;
  readonly #window: ReceiveWindow;
  #serverId = 0;
  #receiver: StreamReceiver | null;
  /** Left before the serving side was known; it is told as soon as it shows itself. */
  #cancelHeld = -1;
  #sequence = 0;
  #body: Uint8Array | null;
  #bodySent: number;
  #parts = 0;

  constructor(
    private readonly host: OpenHost,
    readonly id: number,
    readonly subject: string,
    opening: StreamOpening,
    receiver: StreamReceiver,
    /** Bytes of body that travel with the opening. */
    inlineBytes: number,
    /** Monotonic time, milliseconds. */
    readonly deadlineAtMs: number,
  ) {
    this.heardTick = host.hub.tick;
    this.sentTick = host.hub.tick;
    this.#window = new ReceiveWindow(opening.windowBytes ?? WINDOW_BYTES);
    this.#receiver = receiver;
    this.#body = inlineBytes < opening.body.length ? opening.body : null;
    this.#bodySent = inlineBytes;
  }

  consumed(bytes: number): void {
    if (this.#receiver !== null && this.#window.consumed(bytes)) this.repeatGrant();
  }

  cancel(_reason: string): void {
    if (this.#receiver === null) return;
    this.#receiver = null;
    this.#leave(0);
  }

  /** Ends the stream for the receiver and tells the serving side, where it may still be at work. */
  abort(failure: StreamFailure, cancelCode: number): void {
    const receiver = this.#receiver;
    this.#receiver = null;
    this.#leave(cancelCode);
    receiver?.onError(failure);
  }

  /** Ends the stream where there is no serving side to tell. */
  finish(failure: StreamFailure): void {
    const receiver = this.#receiver;
    this.#receiver = null;
    this.host.released(this);
    receiver?.onError(failure);
  }

  /** The grant is also this side's heartbeat. */
  repeatGrant(): void {
    if (this.server === null) return;
    this.sentTick = this.host.hub.tick;
    this.server.offsetFrame(frame.CREDIT, this.#serverId, this.#window.granted);
  }

  take(type: number, sequence: number, bytes: Uint8Array): void {
    this.heardTick = this.host.hub.tick;
    if (type === frame.BODY_CREDIT) {
      this.#sendParts(frame.readOffset(bytes, 0));
      return;
    }
    if (sequence !== this.#sequence) {
      this.abort(FAILURES.gap, 2);
      return;
    }
    if (type === frame.HEARTBEAT) return;
    this.#sequence = (sequence + 1) >>> 0;
    if (type === frame.DATA) this.#takeData(bytes);
    else if (type === frame.HEAD) this.#receiver?.onHead(bytes);
    else if (type === frame.END) {
      const receiver = this.#receiver;
      this.#close();
      receiver?.onEnd(bytes);
    } else if (type === frame.ACCEPTED) this.#takeAcceptance(bytes);
    else if (type === frame.ERROR) this.finish(streamFailure('application', 'the serving side failed', bytes));
    else if (type === frame.FAILED) {
      const code = frame.FAILED_CODES[bytes[0] as number] ?? 'protocol';
      this.finish(streamFailure(code, `the serving side ended the stream: ${code}`));
    }
  }

  #takeData(bytes: Uint8Array): void {
    if (this.#window.take(bytes.length)) this.#receiver?.onData(bytes);
    else this.abort(FAILURES.overrun, 2);
  }

  #takeAcceptance(bytes: Uint8Array): void {
    this.#serverId = frame.readU32(bytes, 0);
    this.server = this.host.hub.serverPeer(bytes.subarray(4));
    if (this.#cancelHeld >= 0) this.#leave(this.#cancelHeld);
  }

  #sendParts(granted: number): void {
    const body = this.#body;
    if (body === null || this.server === null) return;
    const { frameBytesMax } = this.host.hub.outbox;
    while (this.#bodySent < granted) {
      const end = Math.min(this.#bodySent + frameBytesMax, granted);
      this.server.frame(frame.PART, this.#serverId, this.#parts, body.subarray(this.#bodySent, end));
      this.#parts += 1;
      this.#bodySent = end;
    }
    this.sentTick = this.host.hub.tick;
    if (this.#bodySent === body.length) this.#body = null;
  }

  #leave(cancelCode: number): void {
    this.#body = null;
    if (this.server === null) {
      this.#cancelHeld = cancelCode;
      return;
    }
    this.server.byteFrame(frame.CANCEL, this.#serverId, 0, cancelCode);
    this.#close();
  }

  #close(): void {
    this.#receiver = null;
    this.host.released(this);
  }
}
