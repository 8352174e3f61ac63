import { EMPTY_BYTES } from '@tollgate/kernel';
import { MAX_BODY_BYTES } from '../limits.js';
import type { ServerStream } from '../transport.js';
import type { Work } from '../work.js';
import { CANCEL, CANCEL_CODES, CREDIT, FAILED, FAILED_CODES, PART, readOffset } from './frame.js';
import { ACCEPT_DELAY_MS, HEARTBEAT_TICKS, type Hub, SILENCE_TICKS } from './hub.js';
import { readOpening } from './opening.js';
import { NatsServerStream, type ServingHost } from './server-stream.js';
import { StreamTable } from './stream-table.js';

/** One subscription that serves streams. */
export interface ServingMember {
  readonly handler: (stream: ServerStream) => void;
  readonly work: Work;
}

/** The streams that this process serves. */
export class Serving implements ServingHost {
  readonly #streams = new StreamTable<NatsServerStream>();
  readonly #unaccepted: NatsServerStream[] = [];
  /** Bytes of bodies that came, or come, in parts. */
  #largeBytes = 0;
  #nextId = 0;

  constructor(
    readonly hub: Hub,
    private readonly work: Work,
    private readonly largeBytesMax: number,
  ) {}

  get size(): number {
    return this.#streams.size;
  }

  /** False where the bytes are no opening that this side understands. */
  open(bytes: Uint8Array, clientInbox: string, member: ServingMember): boolean {
    const opening = readOpening(bytes);
    if (opening === null || opening.bodyLength > MAX_BODY_BYTES) return false;
    const largeBytes = opening.body.length === opening.bodyLength ? 0 : opening.bodyLength;
    if (this.#largeBytes + largeBytes > this.largeBytesMax) {
      this.#refuse(clientInbox, opening.id);
      return true;
    }
    do this.#nextId = (this.#nextId + 1) >>> 0;
    while (!this.#streams.isFree(this.#nextId));
    const nowMs = this.hub.clock.monotonic();
    const stream = new NatsServerStream(this, this.#nextId, this.hub.peer(clientInbox), opening, nowMs, member);
    stream.largeBytes = largeBytes;
    this.#largeBytes += largeBytes;
    this.#streams.add(stream);
    this.work.begin();
    member.work.begin();
    if (stream.bodyComplete) {
      this.#handle(stream);
      if (!stream.accepted && !stream.over) {
        this.#unaccepted.push(stream);
        this.hub.wakeBy(nowMs + ACCEPT_DELAY_MS);
      }
    } else {
      stream.accept();
      stream.grantBody();
    }
    this.hub.keepTicking(nowMs);
    this.hub.deadlineBy(stream.deadlineAtMs);
    return true;
  }

  /** A frame from a client. One for a stream that is over is no news. */
  take(type: number, id: number, sequence: number, bytes: Uint8Array): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    stream.heardTick = this.hub.tick;
    if (type === CREDIT) {
      if (bytes.length === 8) stream.grant(readOffset(bytes, 0));
    } else if (type === CANCEL) stream.stop(CANCEL_CODES[bytes[0] as number] ?? 'cancelled');
    else if (type === PART && !stream.bodyComplete) {
      if (!stream.takePart(sequence, bytes)) stream.abort('gap', 'vanished');
      else if (stream.bodyComplete) this.#handle(stream);
    }
  }

  released(stream: NatsServerStream): void {
    if (!this.#streams.delete(stream.id)) return;
    this.#largeBytes -= stream.largeBytes;
    (stream.member as ServingMember).work.finish();
    this.work.finish();
  }

  /** Sends the acceptances that found no frame to travel with. */
  acceptWaiting(): void {
    for (const stream of this.#unaccepted) if (!stream.over) stream.accept();
    this.#unaccepted.length = 0;
  }

  sweep(nowMs: number, ticked: boolean): void {
    const { tick } = this.hub;
    for (const stream of this.#streams.values()) {
      if (stream.deadlineAtMs <= nowMs) stream.abort('deadline', 'deadline');
      else {
        this.hub.deadlineBy(stream.deadlineAtMs);
        if (!ticked) continue;
        if (tick - stream.heardTick >= SILENCE_TICKS) stream.stop('vanished');
        else if (tick - stream.sentTick >= HEARTBEAT_TICKS) stream.heartbeat();
      }
    }
  }

  /** The connection is gone, and with it every receiver. */
  disconnect(): void {
    for (const stream of this.#streams.values()) stream.stop('vanished');
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.abort('closed', 'closed');
  }

  /** The one frame of a stream that is not begun. */
  #refuse(clientInbox: string, clientId: number): void {
    this.hub.log('warn', { bytes: this.#largeBytes }, 'no room for another long body: a stream was refused');
    this.hub.peer(clientInbox).byteFrame(FAILED, clientId, 0, FAILED_CODES.indexOf('no_capacity'));
  }

  #handle(stream: NatsServerStream): void {
    try {
      (stream.member as ServingMember).handler(stream);
    } catch (error) {
      this.hub.log('error', { err: error }, 'the handler of a stream threw');
      stream.fail(EMPTY_BYTES);
    }
  }
}
