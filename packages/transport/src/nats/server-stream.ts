import { SendingStream } from '../sending-stream.js';
import type { MessageHeaders, StreamCancelReason } from '../transport.js';
import * as frame from './frame.js';
import type { Hub } from './hub.js';
import { decodeHeaders, type OpeningFields } from './opening.js';
import type { Peer } from './outbox.js';

/** What a served stream asks of the table that it stands in. */
export interface ServingHost {
  readonly hub: Hub;
  released(stream: NatsServerStream): void;
}

/** A body that is still coming in parts takes so many bytes ahead of what has arrived. */
const BODY_WINDOW_BYTES = 1024 * 1024;

/** One stream at the serving side: frames go to the inbox of the process that opened it. */
export class NatsServerStream extends SendingStream {
  readonly meta: Uint8Array;
  readonly deadlineMs: number;
  readonly deadlineAtMs: number;
  body: Uint8Array;
  /** Ticks of the last sign of life in each direction. */
  heardTick: number;
  sentTick: number;
  accepted = false;
  /** Bytes of body that the table counts as long as the stream lives. */
  largeBytes = 0;
  readonly #clientId: number;
  readonly #headerBytes: Uint8Array;
  #headers: MessageHeaders | null = null;
  #sequence = 0;
  #bodyReceived: number;
  #bodyGranted: number;
  #nextPart = 0;

  constructor(
    private readonly host: ServingHost,
    readonly id: number,
    readonly peer: Peer,
    opening: OpeningFields,
    nowMs: number,
    /** The subscription that took it; the table's own business. */
    readonly member: unknown,
  ) {
    super(opening.windowBytes);
    this.#clientId = opening.id;
    this.#headerBytes = opening.headers;
    this.meta = opening.meta;
    this.deadlineMs = opening.deadlineMs;
    this.deadlineAtMs = nowMs + opening.deadlineMs;
    this.heardTick = host.hub.tick;
    this.sentTick = host.hub.tick;
    this.#bodyReceived = opening.body.length;
    this.#bodyGranted = opening.body.length;
    if (opening.body.length === opening.bodyLength) this.body = opening.body;
    else {
      this.body = Buffer.allocUnsafeSlow(opening.bodyLength);
      this.body.set(opening.body);
    }
  }

  get headers(): MessageHeaders {
    this.#headers ??= decodeHeaders(this.#headerBytes);
    return this.#headers;
  }

  get bodyComplete(): boolean {
    return this.#bodyReceived === this.body.length;
  }

  /** Takes the next part of the body; false where one is missing or does not fit. */
  takePart(part: number, bytes: Uint8Array): boolean {
    if (part !== this.#nextPart || this.#bodyReceived + bytes.length > this.body.length) return false;
    this.#nextPart += 1;
    this.body.set(bytes, this.#bodyReceived);
    this.#bodyReceived += bytes.length;
    if (!this.bodyComplete && this.#bodyReceived * 2 >= this.#bodyGranted * 2 - BODY_WINDOW_BYTES) this.grantBody();
    return true;
  }

  grantBody(): void {
    this.#bodyGranted = Math.min(this.#bodyReceived + BODY_WINDOW_BYTES, this.body.length);
    this.#repeatBodyGrant();
  }

  /** Tells the client which process serves it. The first frame of the stream; later calls do nothing. */
  accept(): void {
    if (this.accepted) return;
    this.accepted = true;
    const { hub } = this.host;
    this.peer.acceptedFrame(this.#clientId, this.#nextSequence(), frame.ACCEPTED, this.id, hub.inbox);
  }

  /** Says that this side lives; repeats the last grant for the body, should it have been lost. */
  heartbeat(): void {
    this.accept();
    this.sentTick = this.host.hub.tick;
    this.peer.emptyFrame(frame.HEARTBEAT, this.#clientId, this.#sequence);
    if (!this.bodyComplete) this.#repeatBodyGrant();
  }

  /** Ends the stream for a reason of the transport's own; the client is told. */
  abort(code: (typeof frame.FAILED_CODES)[number], reason: StreamCancelReason): void {
    if (this.over) return;
    this.accept();
    this.peer.byteFrame(frame.FAILED, this.#clientId, this.#nextSequence(), frame.FAILED_CODES.indexOf(code));
    this.stop(reason);
  }

  protected emitHead(meta: Uint8Array): void {
    this.#emit(frame.HEAD, meta);
  }

  protected emitData(chunk: Uint8Array): void {
    const { frameBytesMax } = this.host.hub.outbox;
    if (chunk.length <= frameBytesMax) this.#emit(frame.DATA, chunk);
    else for (let at = 0; at < chunk.length; at += frameBytesMax) this.#emit(frame.DATA, chunk.subarray(at, at + frameBytesMax));
  }

  protected emitEnd(meta: Uint8Array): void {
    this.#emit(frame.END, meta);
  }

  protected emitFailure(meta: Uint8Array): void {
    this.#emit(frame.ERROR, meta);
  }

  protected emitOverrun(): void {
    this.accept();
    this.peer.byteFrame(frame.FAILED, this.#clientId, this.#nextSequence(), 0);
  }

  protected release(): void {
    this.host.released(this);
  }

  #emit(type: number, bytes: Uint8Array): void {
    const { hub } = this.host;
    if (bytes.length + frame.FRAME_HEADER_BYTES >= hub.outbox.messageBytesMax) {
      hub.log('error', { bytes: bytes.length }, 'the head or end of a stream is too long for the message bus');
      this.abort('protocol', 'closed');
      return;
    }
    this.accept();
    this.peer.frame(type, this.#clientId, this.#nextSequence(), bytes);
  }

  #repeatBodyGrant(): void {
    this.peer.offsetFrame(frame.BODY_CREDIT, this.#clientId, this.#bodyGranted);
  }

  #nextSequence(): number {
    this.sentTick = this.host.hub.tick;
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) >>> 0;
    return sequence;
  }
}
