import type { MsgHdrs } from '@nats-io/nats-core';
import { type Clock, EMPTY_BYTES } from '@tollgate/kernel';
import type { TransportLog } from '../log.js';
import { FRAME_HEADER_BYTES, WIRE_VERSION, writeOffset, writeU32 } from './frame.js';
import { PACED_MS, Pace } from './pace.js';

export interface OutgoingOptions {
  readonly reply?: string;
  readonly headers?: MsgHdrs;
}

/** The part of a NATS connection that sends. */
export interface Wire {
  publish(subject: string, payload: Uint8Array, options?: OutgoingOptions): void;
}

const INITIAL_BYTES = 4096;
/** A message of frames is sent at once when it has grown so long. */
const MESSAGE_BYTES = 64 * 1024;

/**
 * Gathers what is sent in one turn of the event loop: all frames to one process leave in one NATS message, all messages
 * in one write. Under load that saves most of the system calls; alone a frame waits for the end of the turn, not for a
 * timer. Where turns with something to send come faster than one in a millisecond, they share a write ({@link Pace}).
 */
export class Outbox {
  #frameBytesMax = MESSAGE_BYTES;
  #messageBytesMax = MESSAGE_BYTES;
  readonly #dirty: Peer[] = [];
  readonly #subjects: string[] = [];
  readonly #payloads: Uint8Array[] = [];
  readonly #options: (OutgoingOptions | undefined)[] = [];
  readonly #pace: Pace;
  #scheduled = false;
  readonly #run = (): void => {
    this.#scheduled = false;
    this.#pace.noteWrite();
    this.flush();
  };

  constructor(
    private readonly wire: Wire,
    private readonly isConnected: () => boolean,
    private readonly log: TransportLog,
    clock: Clock,
  ) {
    this.#pace = new Pace(clock);
  }

  /** Longest data that goes into one frame, bytes. */
  get frameBytesMax(): number {
    return this.#frameBytesMax;
  }

  /** Longest payload of one message, bytes. */
  get messageBytesMax(): number {
    return this.#messageBytesMax;
  }

  /** @param bytesMax longest payload that the server takes */
  limit(bytesMax: number): void {
    this.#messageBytesMax = bytesMax;
    this.#frameBytesMax = Math.min(MESSAGE_BYTES, Math.floor(bytesMax / 2));
  }

  message(subject: string, payload: Uint8Array, options?: OutgoingOptions): void {
    this.#subjects.push(subject);
    this.#payloads.push(payload);
    this.#options.push(options);
    this.#schedule();
  }

  enqueue(peer: Peer): void {
    this.#dirty.push(peer);
    this.#schedule();
  }

  /** While the bus is away messages are dropped here: nobody waits for them any more. */
  send(subject: string, payload: Uint8Array, options?: OutgoingOptions): void {
    if (!this.isConnected()) return;
    try {
      this.wire.publish(subject, payload, options);
    } catch (error) {
      this.log('error', { err: error, subject, bytes: payload.length }, 'a message could not be sent');
    }
  }

  flush(): void {
    for (let index = 0; index < this.#subjects.length; index += 1)
      this.send(this.#subjects[index] as string, this.#payloads[index] as Uint8Array, this.#options[index]);
    this.#subjects.length = 0;
    this.#payloads.length = 0;
    this.#options.length = 0;
    for (const peer of this.#dirty) peer.leave();
    this.#dirty.length = 0;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (this.#pace.isFast()) setTimeout(this.#run, PACED_MS);
    else setImmediate(this.#run);
  }
}

/** Another process, and the message of frames that is being gathered for it. */
export class Peer {
  /** Tick of the last frame, so that a process that is long gone can be forgotten. */
  usedTick = 0;
  #buffer: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 1;
  #queued = false;

  constructor(
    private readonly outbox: Outbox,
    /** Subject that the process takes its frames on. */
    readonly subject: string,
  ) {}

  frame(type: number, id: number, sequence: number, bytes: Uint8Array): void {
    const at = this.#reserve(type, id, sequence, bytes.length);
    if (bytes.length > 0) this.#buffer.set(bytes, at);
    if (this.#length >= MESSAGE_BYTES) this.#sendNow();
  }

  byteFrame(type: number, id: number, sequence: number, value: number): void {
    const at = this.#reserve(type, id, sequence, 1);
    this.#buffer[at] = value;
  }

  offsetFrame(type: number, id: number, offset: number): void {
    const at = this.#reserve(type, id, 0, 8);
    writeOffset(this.#buffer, at, offset);
  }

  /** ACCEPTED: the serving side's stream id and the subject of its inbox. */
  acceptedFrame(id: number, sequence: number, type: number, serverId: number, inbox: Uint8Array): void {
    const at = this.#reserve(type, id, sequence, 4 + inbox.length);
    writeU32(this.#buffer, at, serverId);
    this.#buffer.set(inbox, at + 4);
  }

  emptyFrame(type: number, id: number, sequence: number): void {
    this.frame(type, id, sequence, EMPTY_BYTES);
  }

  /**
   * End of the turn: the buffer is used again, because nats.js has copied it into its own before anything else runs
   * (it packs its commands in the microtask after this).
   */
  leave(): void {
    this.#queued = false;
    if (this.#length === 1) return;
    this.outbox.send(this.subject, this.#buffer.subarray(0, this.#length));
    this.#length = 1;
    if (this.#buffer.length > MESSAGE_BYTES) this.#buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  }

  /** In the middle of a turn the buffer is given away: nats.js may still hold it when the next frame comes. */
  #sendNow(): void {
    this.outbox.send(this.subject, this.#buffer.subarray(0, this.#length));
    this.#buffer = Buffer.allocUnsafe(INITIAL_BYTES);
    this.#length = 1;
  }

  #reserve(type: number, id: number, sequence: number, length: number): number {
    const whole = FRAME_HEADER_BYTES + length;
    if (this.#length > 1 && this.#length + whole > this.outbox.frameBytesMax * 2) this.#sendNow();
    if (!this.#queued) {
      this.#queued = true;
      this.outbox.enqueue(this);
    }
    if (this.#length + whole > this.#buffer.length) this.#grow(this.#length + whole);
    const buffer = this.#buffer;
    const at = this.#length;
    buffer[0] = WIRE_VERSION;
    buffer[at] = type;
    writeU32(buffer, at + 1, id);
    writeU32(buffer, at + 5, sequence);
    writeU32(buffer, at + 9, length);
    this.#length = at + whole;
    return at + FRAME_HEADER_BYTES;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}
