import { OVERRUN_BYTES_MAX } from './limits.js';
import type { MessageHeaders, ServerStream, StreamCancelReason } from './transport.js';

/**
 * The serving half of a stream, whatever carries its frames: keeps to the receiver's credit, queues what is sent beyond
 * it, and lets the ending wait for what is queued. Offsets are bytes of data since the stream began.
 */
export abstract class SendingStream implements ServerStream {
  abstract readonly headers: MessageHeaders;
  abstract readonly meta: Uint8Array;
  abstract readonly body: Uint8Array;
  abstract readonly deadlineMs: number;
  onDrain: (() => void) | null = null;
  onCancel: ((reason: StreamCancelReason) => void) | null = null;

  #credit: number;
  #sent = 0;
  #queue: Uint8Array[] | null = null;
  /** What was sent after `send` had said false, bytes. */
  #overrun = 0;
  #blocked = false;
  #ending: Uint8Array | null = null;
  #endingFails = false;
  #over = false;

  constructor(windowBytes: number) {
    this.#credit = windowBytes;
  }

  protected abstract emitHead(meta: Uint8Array): void;
  protected abstract emitData(chunk: Uint8Array): void;
  protected abstract emitEnd(meta: Uint8Array): void;
  protected abstract emitFailure(meta: Uint8Array): void;
  /** The sender did not keep to its credit: the receiver is told, the handler hears `closed`. */
  protected abstract emitOverrun(): void;
  /** No frame comes after this. */
  protected abstract release(): void;

  get over(): boolean {
    return this.#over;
  }

  sendHead(meta: Uint8Array): void {
    if (this.#over || this.#ending !== null) return;
    this.emitHead(meta);
  }

  send(chunk: Uint8Array): boolean {
    if (this.#over || this.#ending !== null) return false;
    if (this.#blocked) {
      this.#overrun += chunk.length;
      if (this.#overrun > OVERRUN_BYTES_MAX) {
        this.emitOverrun();
        this.stop('closed');
        return false;
      }
    }
    if (this.#queue === null && chunk.length <= this.#credit - this.#sent) {
      this.#sent += chunk.length;
      if (chunk.length > 0) this.emitData(chunk);
    } else {
      this.#queue ??= [];
      this.#queue.push(chunk);
      this.#pump();
    }
    this.#blocked = this.#queue !== null || this.#sent >= this.#credit;
    return !this.#blocked;
  }

  end(meta: Uint8Array): void {
    this.#finish(meta, false);
  }

  fail(meta: Uint8Array): void {
    this.#finish(meta, true);
  }

  /** The receiver takes data up to this offset; an older grant changes nothing. */
  grant(offset: number): void {
    if (offset <= this.#credit || this.#over) return;
    this.#credit = offset;
    this.#pump();
    if (this.#queue !== null) return;
    if (this.#ending !== null) {
      this.#settle();
    } else if (this.#blocked && this.#sent < this.#credit) {
      this.#blocked = false;
      this.#overrun = 0;
      this.onDrain?.();
    }
  }

  /** Ends the stream without a frame of its own; the handler hears why. */
  stop(reason: StreamCancelReason): void {
    if (this.#over) return;
    this.#close();
    this.onCancel?.(reason);
  }

  #finish(meta: Uint8Array, fails: boolean): void {
    if (this.#over || this.#ending !== null) return;
    this.#ending = meta;
    this.#endingFails = fails;
    if (this.#queue === null) this.#settle();
  }

  #settle(): void {
    const meta = this.#ending as Uint8Array;
    if (this.#endingFails) this.emitFailure(meta);
    else this.emitEnd(meta);
    this.#close();
  }

  #close(): void {
    this.#over = true;
    this.#queue = null;
    this.release();
  }

  #pump(): void {
    const queue = this.#queue;
    if (queue === null) return;
    let index = 0;
    while (index < queue.length) {
      const room = this.#credit - this.#sent;
      if (room <= 0) break;
      const chunk = queue[index] as Uint8Array;
      const fits = chunk.length <= room;
      const part = fits ? chunk : chunk.subarray(0, room);
      this.#sent += part.length;
      if (part.length > 0) this.emitData(part);
      if (fits) index += 1;
      else queue[index] = chunk.subarray(room);
    }
    if (index === queue.length) this.#queue = null;
    else if (index > 0) queue.splice(0, index);
  }
}
