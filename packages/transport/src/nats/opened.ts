import { FAILURES, noResponders, streamFailure } from '../failure.js';
import { MAX_BODY_BYTES, WINDOW_BYTES } from '../limits.js';
import type { StreamFailure, StreamOpening, StreamReceiver } from '../transport.js';
import type { Work } from '../work.js';
import { NatsClientStream, type OpenHost } from './client-stream.js';
import { ACCEPTED, CANCEL, OPENING_HEADER_BYTES, readU32 } from './frame.js';
import { HEARTBEAT_TICKS, type Hub, SILENCE_TICKS } from './hub.js';
import { encodeHeaders, writeOpening } from './opening.js';
import { StreamTable } from './stream-table.js';

/** The streams that this process has opened. */
export class Opened implements OpenHost {
  /** Longest payload of one message, bytes. */
  payloadBytesMax = 0;
  readonly #streams = new StreamTable<NatsClientStream>();
  #closed = false;

  constructor(
    readonly hub: Hub,
    private readonly work: Work,
    /** Everything up to the stream's id in the subject where "no responders" comes back. */
    private readonly replyPrefix: string,
  ) {}

  get size(): number {
    return this.#streams.size;
  }

  open(id: number, subject: string, opening: StreamOpening, receiver: StreamReceiver): NatsClientStream {
    const headers = encodeHeaders(opening.headers);
    const room = this.payloadBytesMax - OPENING_HEADER_BYTES - headers.length - opening.meta.length;
    const inlineBytes = Math.min(opening.body.length, Math.max(room, 0));
    const nowMs = this.hub.clock.monotonic();
    const deadlineAtMs = nowMs + opening.deadlineMs;
    const stream = new NatsClientStream(this, id, subject, opening, receiver, inlineBytes, deadlineAtMs);
    this.#streams.add(stream);
    this.work.begin();
    const refusal = this.#refusal(opening, room, headers.length);
    if (refusal !== null) {
      queueMicrotask(() => stream.finish(refusal));
      return stream;
    }
    const payload = writeOpening({
      id,
      deadlineMs: opening.deadlineMs,
      windowBytes: opening.windowBytes ?? WINDOW_BYTES,
      headers,
      meta: opening.meta,
      bodyLength: opening.body.length,
      body: inlineBytes === opening.body.length ? opening.body : opening.body.subarray(0, inlineBytes),
    });
    this.hub.outbox.message(subject, payload, { reply: this.replyPrefix + id });
    this.hub.keepTicking(nowMs);
    this.hub.deadlineBy(deadlineAtMs);
    return stream;
  }

  take(type: number, id: number, sequence: number, bytes: Uint8Array): void {
    const stream = this.#streams.get(id);
    if (stream !== undefined) stream.take(type, sequence, bytes);
    // Somebody accepts what has been given up here: let it stop at once rather than after its silence.
    else if (type === ACCEPTED) this.hub.serverPeer(bytes.subarray(4)).byteFrame(CANCEL, readU32(bytes, 0), 0, 2);
  }

  /** Something came back on the reply subject itself: nobody serves the subject, or nobody understands the opening. */
  refuse(id: number, failure: StreamFailure | null): boolean {
    const stream = this.#streams.get(id);
    stream?.finish(failure ?? noResponders(stream.subject));
    return stream !== undefined;
  }

  /** The number may be given to a stream. */
  isFree(id: number): boolean {
    return this.#streams.isFree(id);
  }

  released(stream: NatsClientStream): void {
    if (this.#streams.delete(stream.id)) this.work.finish();
  }

  sweep(nowMs: number, ticked: boolean): void {
    const { tick } = this.hub;
    for (const stream of this.#streams.values()) {
      if (stream.deadlineAtMs <= nowMs) stream.abort(FAILURES.deadline, 1);
      else this.hub.deadlineBy(stream.deadlineAtMs);
      if (!ticked) continue;
      if (tick - stream.heardTick >= SILENCE_TICKS) {
        if (stream.server === null) stream.finish(FAILURES.peerLost);
        else stream.abort(FAILURES.peerLost, 2);
      } else if (tick - stream.sentTick >= HEARTBEAT_TICKS) stream.repeatGrant();
    }
  }

  disconnect(): void {
    for (const stream of this.#streams.values()) stream.finish(FAILURES.disconnected);
  }

  close(): void {
    this.#closed = true;
    for (const stream of this.#streams.values()) {
      stream.abort(FAILURES.closed, 3);
      this.released(stream);
    }
  }

  #refusal(opening: StreamOpening, room: number, headersLength: number): StreamFailure | null {
    if (this.#closed) return FAILURES.closed;
    if (!this.hub.connected) return FAILURES.disconnected;
    if (opening.body.length > MAX_BODY_BYTES) return streamFailure('protocol', `a body is at most ${MAX_BODY_BYTES} bytes`);
    if (room < 0 || headersLength > 0xffff) return streamFailure('protocol', 'headers and meta are too long for one message');
    return null;
  }
}
