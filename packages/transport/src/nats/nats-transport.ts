import type { Msg, NatsConnection, Subscription as NatsSubscription } from '@nats-io/nats-core';
import { type Clock, encodeUtf8, type RandomBytes } from '@tollgate/kernel';
import { FAILURES, streamFailure } from '../failure.js';
import { checkSubject, MAX_BODY_BYTES } from '../limits.js';
import type { TransportLog } from '../log.js';
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
import { answerRequest, encodeHeaders, incomingOf, Requests } from './control.js';
import { FRAME_HEADER_BYTES, readU32, WIRE_VERSION } from './frame.js';
import { Hub } from './hub.js';
import { Opened } from './opened.js';
import { Serving, type ServingMember } from './serving.js';

/** Room for the subject, the reply subject and a header beside the payload, bytes. */
const PAYLOAD_SLACK_BYTES = 1024;
const REPLY = '_tg.r.';
const FRAMES = '_tg.f.';

export interface NatsTransportOptions {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly onLog: TransportLog;
  readonly echo: boolean;
  readonly largeBodiesBytesMax: number;
}

/**
 * The transport over one NATS connection. Two subscriptions serve all that comes back: `_tg.f.<process>` takes frames of
 * streams in both directions, `_tg.r.<process>.*` replies to requests and "no responders".
 */
export class NatsTransport implements Transport {
  readonly kind = 'nats';
  readonly maxBodyBytes = MAX_BODY_BYTES;
  readonly echo: boolean;
  readonly #hub: Hub;
  readonly #work = new Work();
  readonly #opened: Opened;
  readonly #serving: Serving;
  readonly #requests: Requests;
  readonly #listeners = new Set<(connected: boolean) => void>();
  readonly #taking = new Set<Subscription>();
  readonly #replyIdAt: number;
  #payloadBytesMax = 0;
  #nextId = 0;
  #closed = false;
  #draining: Promise<void> | null = null;

  constructor(
    private readonly connection: NatsConnection,
    options: NatsTransportOptions,
  ) {
    const process = Buffer.from(options.randomBytes(12)).toString('base64url');
    const replyPrefix = `${REPLY}${process}.`;
    this.echo = options.echo;
    this.#replyIdAt = replyPrefix.length;
    const sweeps = { acceptWaiting: () => this.#serving.acceptWaiting(), look: this.#look.bind(this) };
    this.#hub = new Hub(options.clock, options.onLog, connection, encodeUtf8(FRAMES + process), sweeps);
    this.#opened = new Opened(this.#hub, this.#work, replyPrefix);
    this.#serving = new Serving(this.#hub, this.#work, options.largeBodiesBytesMax);
    this.#requests = new Requests(this.#hub, this.#work, replyPrefix);
    this.#readLimits();
    connection.subscribe(FRAMES + process, { callback: (error, message) => this.#takeFrames(error, message) });
    connection.subscribe(`${replyPrefix}*`, { callback: (error, message) => this.#takeReply(error, message) });
  }

  get connected(): boolean {
    return this.#hub.connected;
  }

  onConnectionChange(listener: (connected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The connection says what has become of it. */
  setConnected(connected: boolean): void {
    if (this.#hub.connected === connected) return;
    this.#hub.connected = connected;
    if (connected) this.#readLimits();
    else {
      this.#opened.disconnect();
      this.#serving.disconnect();
      this.#requests.failAll('disconnected', FAILURES.disconnected.message);
    }
    for (const listener of this.#listeners) listener(connected);
  }

  publish(subject: string, body: Uint8Array, headers?: MessageHeaders): void {
    this.#assertUsable(body);
    this.#hub.outbox.message(subject, body, encodeHeaders(headers));
  }

  subscribe(subject: string, handler: (message: Incoming) => void): Subscription {
    const work = new Work();
    return this.#subscribe(subject, undefined, work, (message) => handler(incomingOf(message)));
  }

  request(subject: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    try {
      this.#assertUsable(body);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#requests.send(this.#newId(), subject, body, options.timeoutMs, options.headers);
  }

  respond(subject: string, queue: string, handler: (message: Incoming) => Promise<Uint8Array>): Subscription {
    const work = new Work();
    return this.#subscribe(subject, queue, work, (message) => {
      work.begin();
      this.#work.begin();
      answerRequest(this.#hub, message, handler, this.#payloadBytesMax).finally(() => {
        work.finish();
        this.#work.finish();
      });
    });
  }

  openStream(subject: string, opening: StreamOpening, receiver: StreamReceiver): ClientStream {
    return this.#opened.open(this.#newId(), subject, opening, receiver);
  }

  serveStream(subject: string, queue: string, handler: (stream: ServerStream) => void): Subscription {
    const work = new Work();
    const member: ServingMember = { handler, work };
    return this.#subscribe(subject, queue, work, (message) => this.#takeOpening(message, member));
  }

  drain(graceMs: number): Promise<void> {
    this.#draining ??= this.#drain(graceMs);
    return this.#draining;
  }

  #subscribe(subject: string, queue: string | undefined, work: Work, take: (message: Msg) => void): Subscription {
    checkSubject(subject);
    const { log } = this.#hub;
    const subscription: NatsSubscription = this.connection.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error !== null) {
          log('error', { err: error, subject }, 'a subscription has ended');
          return;
        }
        try {
          take(message);
        } catch (thrown) {
          log('error', { err: thrown, subject }, 'the handler of a message threw');
        }
      },
    });
    const taking: Subscription = {
      drain: async () => {
        this.#taking.delete(taking);
        if (!subscription.isClosed()) await subscription.drain();
        await work.idle();
      },
    };
    this.#taking.add(taking);
    return taking;
  }

  #takeOpening(message: Msg, member: ServingMember): void {
    const reply = message.reply;
    if (reply === undefined || !reply.startsWith(REPLY)) return;
    const inbox = FRAMES + reply.slice(REPLY.length, reply.lastIndexOf('.'));
    if (this.#serving.open(message.data, inbox, member)) return;
    this.#hub.log('error', { subject: message.subject }, 'a stream was opened in a way that is not understood');
    this.#hub.outbox.message(reply, new Uint8Array(0));
  }

  /** All frames of one message; a callback that throws does not take the frames behind it along. */
  #takeFrames(error: Error | null, message: Msg): void {
    if (error !== null) {
      this.#hub.log('error', { err: error }, 'the inbox of the process has ended');
      return;
    }
    const bytes = message.data;
    if (bytes[0] !== WIRE_VERSION) return;
    let at = 1;
    while (at + FRAME_HEADER_BYTES <= bytes.length) {
      const type = bytes[at] as number;
      const id = readU32(bytes, at + 1);
      const sequence = readU32(bytes, at + 5);
      const start = at + FRAME_HEADER_BYTES;
      at = start + readU32(bytes, at + 9);
      if (at > bytes.length) return;
      try {
        if (type < 16) this.#opened.take(type, id, sequence, bytes.subarray(start, at));
        else this.#serving.take(type, id, sequence, bytes.subarray(start, at));
      } catch (thrown) {
        this.#hub.log('error', { err: thrown }, 'a callback of a stream threw');
      }
    }
  }

  #takeReply(error: Error | null, message: Msg): void {
    if (error !== null) {
      this.#hub.log('error', { err: error }, 'the inbox of the process has ended');
      return;
    }
    const id = Number(message.subject.slice(this.#replyIdAt));
    if (this.#requests.take(id, message)) return;
    const notUnderstood = streamFailure('protocol', 'the serving side does not understand the opening');
    this.#opened.refuse(id, message.headers?.code === 503 ? null : notUnderstood);
  }

  #newId(): number {
    do this.#nextId = (this.#nextId + 1) >>> 0;
    while (!this.#opened.isFree(this.#nextId));
    return this.#nextId;
  }

  #assertUsable(body: Uint8Array): void {
    if (this.#closed) throw new TransportError('closed', FAILURES.closed.message);
    if (!this.#hub.connected) throw new TransportError('disconnected', FAILURES.disconnected.message);
    if (body.length > this.#payloadBytesMax)
      throw new TransportError('too_large', `a message is at most ${this.#payloadBytesMax} bytes`);
  }

  #readLimits(): void {
    this.#payloadBytesMax = (this.connection.info?.max_payload ?? 1024 * 1024) - PAYLOAD_SLACK_BYTES;
    this.#opened.payloadBytesMax = this.#payloadBytesMax;
    this.#hub.outbox.limit(this.#payloadBytesMax);
  }

  #look(nowMs: number, ticked: boolean): boolean {
    this.#requests.sweep(nowMs);
    this.#opened.sweep(nowMs, ticked);
    this.#serving.sweep(nowMs, ticked);
    return this.#opened.size > 0 || this.#serving.size > 0;
  }

  async #drain(graceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    const stopped = Promise.all([...this.#taking].map((taking) => taking.drain()));
    await Promise.race([stopped.then(() => this.#work.idle()), grace]);
    clearTimeout(timer);
    this.#closed = true;
    this.#opened.close();
    this.#serving.close();
    this.#requests.failAll('closed', FAILURES.closed.message);
    this.#hub.outbox.flush();
    this.#hub.stop();
    if (this.#hub.connected)
      await Promise.race([this.connection.flush(), new Promise((resolve) => setTimeout(resolve, 1000).unref())]).catch(() => {});
    await this.connection.close();
    this.#hub.connected = false;
  }
}
