import { connect, type Socket } from 'node:net';

export interface CallResult {
  /** 0 where the connection broke. */
  readonly status: number;
  /** Milliseconds to the first byte of the body's head, and to the last byte. */
  readonly firstByteMs: number;
  readonly totalMs: number;
  /** SSE events in the body. */
  readonly events: number;
}

const END_OF_CHUNKS = Buffer.from('0\r\n\r\n');
const DATA = Buffer.from('data: ');

/** One kept-alive connection that carries one request at a time; reads no more of an answer than where it ends. */
export class LoadConnection {
  readonly #port: number;
  #socket: Socket | null = null;
  #settle: ((result: CallResult) => void) | null = null;
  #since = 0;
  #firstByte = 0;
  #status = 0;
  #left = -1;
  #head: Buffer | null = null;
  #tail: Buffer = Buffer.alloc(0);
  #events = 0;

  constructor(port: number) {
    this.#port = port;
  }

  call(bytes: Buffer): Promise<CallResult> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#since = performance.now();
      this.#firstByte = 0;
      this.#status = 0;
      this.#left = -1;
      this.#head = null;
      this.#tail = Buffer.alloc(0);
      this.#events = 0;
      this.#open().write(bytes);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    if (this.#socket !== null) return this.#socket;
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    socket.on('data', (part: Buffer) => this.#take(part));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = null;
      this.#finish(0);
    });
    this.#socket = socket;
    return socket;
  }

  #take(part: Buffer): void {
    if (this.#settle === null) return;
    if (this.#firstByte === 0) this.#firstByte = performance.now();
    let body = part;
    if (this.#status === 0) {
      const whole = this.#head === null ? part : Buffer.concat([this.#head, part]);
      const end = whole.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#head = whole;
        return;
      }
      const text = whole.toString('latin1', 0, end);
      this.#status = Number(text.slice(9, 12));
      const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
      this.#left = length === undefined ? -1 : Number(length);
      body = whole.subarray(end + 4);
    }
    if (this.#left >= 0) {
      this.#left -= body.length;
      if (this.#left <= 0) this.#finish(this.#status);
      return;
    }
    for (let at = body.indexOf(DATA); at >= 0; at = body.indexOf(DATA, at + 6)) this.#events += 1;
    this.#tail = body.length >= 5 ? body.subarray(-5) : Buffer.concat([this.#tail, body]).subarray(-5);
    if (this.#tail.equals(END_OF_CHUNKS)) this.#finish(this.#status);
  }

  #finish(status: number): void {
    const settle = this.#settle;
    if (settle === null) return;
    this.#settle = null;
    settle({
      status,
      firstByteMs: this.#firstByte - this.#since,
      totalMs: performance.now() - this.#since,
      events: this.#events,
    });
  }
}
