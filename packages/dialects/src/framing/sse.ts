/** Takes the events of a stream; `bytes` holds more than the event, which is `bytes[start, end)` with its blank line. */
export interface SseSink {
  onEvent(bytes: Uint8Array, start: number, end: number): void;
  /** The line feed of a CRLF whose carriage return has ended the last event in an earlier chunk. */
  onTail(bytes: Uint8Array, start: number, end: number): void;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const EVENT_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Cuts a server-sent event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html) at its blank lines,
 * whatever the line ends and wherever the chunks were cut. Nothing is decoded; an event that lies in one chunk is not copied.
 */
export class SseSplitter {
  private parts: Uint8Array[] = [];
  private partsLength = 0;
  /** At the start of a line: a line end now ends the event. */
  private lineStart = true;
  private afterReturn = false;
  /** The carriage return before this chunk ended an event: a line feed belongs to it. */
  private tailDue = false;

  constructor(
    private readonly sink: SseSink,
    private readonly eventBytesMax: number = EVENT_BYTES_MAX,
  ) {}

  /** False where an event is larger than the bound: the stream is of no use any more. */
  push(chunk: Uint8Array): boolean {
    const length = chunk.length;
    let start = 0;
    let i = 0;
    if (this.tailDue && length > 0) {
      this.tailDue = false;
      if (chunk[0] === LINE_FEED) {
        this.afterReturn = false;
        this.sink.onTail(chunk, 0, 1);
        start = 1;
        i = 1;
      }
    }
    while (i < length) {
      const byte = chunk[i] as number;
      if (byte !== LINE_FEED && byte !== CARRIAGE_RETURN) {
        this.lineStart = false;
        this.afterReturn = false;
        i += 1;
        while (i < length && (chunk[i] as number) > CARRIAGE_RETURN) i += 1;
        continue;
      }
      i += 1;
      if (byte === LINE_FEED && this.afterReturn) {
        this.afterReturn = false;
        continue;
      }
      this.afterReturn = byte === CARRIAGE_RETURN;
      if (!this.lineStart) {
        this.lineStart = true;
        continue;
      }
      if (this.afterReturn) {
        if (i === length) this.tailDue = true;
        else if (chunk[i] === LINE_FEED) {
          this.afterReturn = false;
          i += 1;
        }
      }
      if (!this.emit(chunk, start, i)) return false;
      start = i;
    }
    if (start === length) return true;
    this.parts.push(start === 0 ? chunk : chunk.subarray(start));
    this.partsLength += length - start;
    return this.partsLength <= this.eventBytesMax;
  }

  /** The bytes after the last whole event. */
  rest(): Uint8Array {
    return this.join(new Uint8Array(0), 0, 0);
  }

  private emit(chunk: Uint8Array, start: number, end: number): boolean {
    if (this.partsLength + end - start > this.eventBytesMax) return false;
    if (this.partsLength === 0) {
      this.sink.onEvent(chunk, start, end);
      return true;
    }
    const whole = this.join(chunk, start, end);
    this.parts = [];
    this.partsLength = 0;
    this.sink.onEvent(whole, 0, whole.length);
    return true;
  }

  private join(chunk: Uint8Array, start: number, end: number): Uint8Array {
    const whole = new Uint8Array(this.partsLength + end - start);
    let offset = 0;
    for (const part of this.parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    whole.set(chunk.subarray(start, end), offset);
    return whole;
  }
}
