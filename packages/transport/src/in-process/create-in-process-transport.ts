import { type Clock, EMPTY_BYTES, Roster } from '@tollgate/kernel';
import { FAILURES, noResponders, streamFailure } from '../failure.js';
import { checkSubject, MAX_BODY_BYTES, WINDOW_BYTES } from '../limits.js';
import type { TransportLog } from '../log.js';
import { Sweeper } from '../sweeper.js';
import {
  type ClientStream,
  type Incoming,
  type MessageHeaders,
  type RequestOptions,
  type ServerStream,
  type StreamOpening,
  type StreamReceiver,
  type Subscription,
  type Transport,
  TransportError,
} from '../transport.js';
import { Work } from '../work.js';
import { type FrameKind, LocalClientStream, type LocalHost, LocalServerStream } from './local-stream.js';
import { Mailbox, type Recipient } from './mailbox.js';
import { Members } from './members.js';

interface StreamMember {
  readonly handler: (stream: ServerStream) => void;
  readonly work: Work;
}
interface Responder {
  readonly handler: (message: Incoming) => Promise<Uint8Array>;
  readonly work: Work;
}
interface PendingRequest {
  readonly deadlineAtMs: number;
  reject(error: TransportError): void;
}

const NO_HEADERS: MessageHeaders = Object.freeze({});
const neverChanges = (): void => {};

/** For services that share a process: messages go by reference, nothing is copied or encoded. */
export function createInProcessTransport(options: { readonly clock: Clock; readonly onLog?: TransportLog }): Transport {
  return new InProcessTransport(options.clock, options.onLog ?? neverChanges);
}

class InProcessTransport implements Transport, LocalHost {
  readonly kind = 'in-process';
  readonly connected = true;
  readonly maxBodyBytes = MAX_BODY_BYTES;
  readonly mailbox: Mailbox<FrameKind>;
  readonly open = new Roster<LocalClientStream>();
  readonly #messages: Mailbox<Incoming>;
  readonly #subscribers = new Members<Recipient<Incoming>>();
  readonly #responders = new Members<Responder>();
  readonly #servers = new Members<StreamMember>();
  readonly #requests = new Set<PendingRequest>();
  readonly #serving = new Roster<LocalServerStream>();
  readonly #work = new Work();
  readonly #sweeper: Sweeper;
  #closed = false;
  #draining: Promise<void> | null = null;

  constructor(
    private readonly clock: Clock,
    onLog: TransportLog,
  ) {
    const onThrow = (error: unknown): void => onLog('error', { err: error }, 'a callback of the transport threw');
    this.mailbox = new Mailbox(onThrow);
    this.#messages = new Mailbox(onThrow);
    this.#sweeper = new Sweeper(clock, () => this.#sweep());
  }

  onConnectionChange(): () => void {
    return neverChanges;
  }

  publish(subject: string, body: Uint8Array, headers: MessageHeaders = NO_HEADERS): void {
    this.#assertOpen();
    const message: Incoming = { subject, headers, body };
    for (const subscriber of this.#subscribers.all(subject)) this.#messages.post(subscriber, message, null);
  }

  subscribe(subject: string, handler: (message: Incoming) => void): Subscription {
    checkSubject(subject);
    const remove = this.#subscribers.add(subject, '', { receive: handler });
    return { drain: async () => remove() };
  }

  request(subject: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(new TransportError('closed', FAILURES.closed.message));
    const responder = this.#responders.pick(subject);
    if (responder === null) return Promise.reject(new TransportError('no_responders', noResponders(subject).message));
    const deadlineAtMs = this.clock.monotonic() + options.timeoutMs;
    return new Promise((resolve, reject) => {
      const pending: PendingRequest = { deadlineAtMs, reject };
      this.#requests.add(pending);
      this.#sweeper.wakeBy(deadlineAtMs);
      this.#work.begin();
      responder.work.begin();
      this.#answer(responder, { subject, headers: options.headers ?? NO_HEADERS, body })
        .then(resolve, () => reject(new TransportError('handler_failed', `the handler of ${subject} failed`)))
        .finally(() => {
          this.#requests.delete(pending);
          responder.work.finish();
          this.#work.finish();
        });
    });
  }

  respond(subject: string, queue: string, handler: (message: Incoming) => Promise<Uint8Array>): Subscription {
    checkSubject(subject);
    const responder: Responder = { handler, work: new Work() };
    return this.#subscription(this.#responders.add(subject, queue, responder), responder.work);
  }

  openStream(subject: string, opening: StreamOpening, receiver: StreamReceiver): ClientStream {
    const windowBytes = opening.windowBytes ?? WINDOW_BYTES;
    const deadlineAtMs = this.clock.monotonic() + opening.deadlineMs;
    const stream = new LocalClientStream(this, windowBytes, deadlineAtMs, receiver);
    const member = this.#closed ? null : this.#servers.pick(subject);
    if (this.#closed) this.mailbox.post(stream, 'failed', FAILURES.closed);
    else if (opening.body.length > MAX_BODY_BYTES)
      this.mailbox.post(stream, 'failed', streamFailure('protocol', `a body is at most ${MAX_BODY_BYTES} bytes`));
    else if (member === null) this.mailbox.post(stream, 'failed', noResponders(subject));
    else {
      stream.server = new LocalServerStream(this, opening, stream, member);
      this.open.add(stream);
      this.#serving.add(stream.server);
      member.work.begin();
      this.#work.begin();
      this.#sweeper.wakeBy(deadlineAtMs);
      this.mailbox.post(stream.server, 'open', null);
    }
    return stream;
  }

  serveStream(subject: string, queue: string, handler: (stream: ServerStream) => void): Subscription {
    checkSubject(subject);
    const member: StreamMember = { handler, work: new Work() };
    return this.#subscription(this.#servers.add(subject, queue, member), member.work);
  }

  drain(graceMs: number): Promise<void> {
    this.#draining ??= this.#drain(graceMs);
    return this.#draining;
  }

  serve(stream: LocalServerStream): void {
    try {
      (stream.member as StreamMember).handler(stream);
    } catch {
      stream.fail(EMPTY_BYTES);
    }
  }

  released(stream: LocalServerStream): void {
    if (!this.#serving.remove(stream)) return;
    (stream.member as StreamMember).work.finish();
    this.#work.finish();
  }

  async #answer(responder: Responder, message: Incoming): Promise<Uint8Array> {
    await null;
    return responder.handler(message);
  }

  async #drain(graceMs: number): Promise<void> {
    this.#responders.clear();
    this.#servers.clear();
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([this.#work.idle(), grace]);
    clearTimeout(timer);
    this.#closed = true;
    for (const stream of this.open.all()) stream.abort(FAILURES.closed, 'closed');
    for (const pending of this.#requests) pending.reject(new TransportError('closed', FAILURES.closed.message));
    this.#sweeper.stop();
  }

  #subscription(remove: () => void, work: Work): Subscription {
    return {
      drain: () => {
        remove();
        return work.idle();
      },
    };
  }

  #assertOpen(): void {
    if (this.#closed) throw new TransportError('closed', FAILURES.closed.message);
  }

  #sweep(): void {
    const nowMs = this.clock.monotonic();
    for (const stream of this.open.all()) {
      if (stream.place < 0) continue;
      if (stream.deadlineAtMs <= nowMs) stream.abort(FAILURES.deadline, 'deadline');
      else this.#sweeper.wakeBy(stream.deadlineAtMs);
    }
    for (const pending of this.#requests) {
      if (pending.deadlineAtMs > nowMs) this.#sweeper.wakeBy(pending.deadlineAtMs);
      else {
        this.#requests.delete(pending);
        pending.reject(new TransportError('timeout', 'no answer in time'));
      }
    }
  }
}
