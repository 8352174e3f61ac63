import { concatBytes, decodeUtf8, EMPTY_BYTES, encodeUtf8 } from '@tollgate/kernel';
import type { ClientStream, ServerStream, StreamFailure, StreamOpening, StreamReceiver, Transport } from '../transport.js';

export const text = encodeUtf8;
export const plain = decodeUtf8;

let subjects = 0;
/** A subject that no other case has used. */
export function newSubject(): string {
  subjects += 1;
  return `conformance.v1.case${subjects}.${process.pid}`;
}

/** Waits for a condition; fails with its text where it does not come true in time. */
export async function until(what: string, holds: () => boolean, withinMs = 5000): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > giveUpAt) throw new Error(`waited ${withinMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Writes down what a stream brings. */
export class Recording implements StreamReceiver {
  readonly order: string[] = [];
  readonly chunks: Uint8Array[] = [];
  bytes = 0;
  head: Uint8Array | null = null;
  trailer: Uint8Array | null = null;
  failure: StreamFailure | null = null;
  stream: ClientStream | null = null;
  /** Grants credit for what has come as it comes. */
  consuming = true;
  readonly over: Promise<void>;
  #finish: () => void = () => {};

  constructor() {
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  onHead(meta: Uint8Array): void {
    this.order.push('head');
    this.head = meta;
  }
  onData(chunk: Uint8Array): void {
    this.order.push('data');
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    if (this.consuming) this.stream?.consumed(chunk.length);
  }
  onEnd(meta: Uint8Array): void {
    this.order.push('end');
    this.trailer = meta;
    this.#finish();
  }
  onError(error: StreamFailure): void {
    this.order.push(`error:${error.code}`);
    this.failure = error;
    this.#finish();
  }

  get data(): Uint8Array {
    return concatBytes(this.chunks);
  }
}

export function open(transport: Transport, subject: string, opening: Partial<StreamOpening> = {}): Recording {
  const recording = new Recording();
  recording.stream = transport.openStream(
    subject,
    { headers: {}, meta: EMPTY_BYTES, body: EMPTY_BYTES, deadlineMs: 20_000, ...opening },
    recording,
  );
  return recording;
}

/** Sends so many bytes as credit allows; `sent` is what has been taken. */
export function pump(stream: ServerStream, total: number, chunkBytes: number): { sent: number } {
  const progress = { sent: 0 };
  const go = (): void => {
    while (progress.sent < total) {
      const length = Math.min(chunkBytes, total - progress.sent);
      progress.sent += length;
      if (!stream.send(new Uint8Array(length).fill(progress.sent & 0xff))) return;
    }
    stream.end(EMPTY_BYTES);
  };
  stream.onDrain = go;
  go();
  return progress;
}

/** Resolves when the subscription of one transport is known to the other, so that a case does not race it. */
export async function reachable(from: Transport, subject: string): Promise<void> {
  const giveUpAt = performance.now() + 5000;
  for (;;) {
    const probe = open(from, subject, { meta: text('probe') });
    await probe.over;
    if (probe.failure === null) return;
    if (performance.now() > giveUpAt) throw new Error(`${subject} cannot be reached: ${probe.failure.code}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Serves a subject; probes of {@link reachable} are answered without the handler. */
export async function serve(server: Transport, client: Transport, subject: string, handler: (stream: ServerStream) => void) {
  const subscription = server.serveStream(subject, 'conformance', (stream) => {
    if (stream.meta.length === 5 && plain(stream.meta) === 'probe') stream.end(EMPTY_BYTES);
    else handler(stream);
  });
  await reachable(client, subject);
  return subscription;
}

/** The same for a subject that answers requests. */
export async function respond(
  server: Transport,
  client: Transport,
  subject: string,
  handler: (body: Uint8Array, headers: Readonly<Record<string, string>>) => Promise<Uint8Array>,
) {
  const subscription = server.respond(subject, 'conformance', (message) =>
    plain(message.body) === 'probe' ? Promise.resolve(EMPTY_BYTES) : handler(message.body, message.headers),
  );
  const giveUpAt = performance.now() + 5000;
  for (;;) {
    try {
      await client.request(subject, text('probe'), { timeoutMs: 1000 });
      return subscription;
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
