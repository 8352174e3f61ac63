import { headers as createHeaders, type Msg, type MsgHdrs } from '@nats-io/nats-core';
import { EMPTY_BYTES } from '@tollgate/kernel';
import { type Incoming, type MessageHeaders, TransportError, type TransportErrorCode } from '../transport.js';
import type { Work } from '../work.js';
import type { Hub } from './hub.js';

/** On a reply: the request failed, and how. Replies are plain NATS otherwise, so that `nats request` works too. */
export const ERROR_HEADER = 'tg-error';

interface PendingRequest {
  readonly subject: string;
  readonly deadlineAtMs: number;
  resolve(body: Uint8Array): void;
  reject(error: TransportError): void;
}

/** The requests of this process that wait for their answer. */
export class Requests {
  readonly #pending = new Map<number, PendingRequest>();

  constructor(
    private readonly hub: Hub,
    private readonly work: Work,
    private readonly replyPrefix: string,
  ) {}

  send(
    id: number,
    subject: string,
    body: Uint8Array,
    timeoutMs: number,
    headers: MessageHeaders | undefined,
  ): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const deadlineAtMs = this.hub.clock.monotonic() + timeoutMs;
      this.#pending.set(id, { subject, deadlineAtMs, resolve, reject });
      this.work.begin();
      this.hub.outbox.message(subject, body, { reply: this.replyPrefix + id, ...encodeHeaders(headers) });
      this.hub.deadlineBy(deadlineAtMs);
    });
  }

  /** The answer to a request; false where it is none of them. */
  take(id: number, message: Msg): boolean {
    const pending = this.#pending.get(id);
    if (pending === undefined) return false;
    this.#pending.delete(id);
    this.work.finish();
    const headers = message.headers;
    if (headers === undefined) pending.resolve(message.data);
    else if (headers.code === 503) pending.reject(new TransportError('no_responders', `nobody answers ${pending.subject}`));
    else if (headers.has(ERROR_HEADER)) pending.reject(failureOf(headers.get(ERROR_HEADER), pending.subject));
    else pending.resolve(message.data);
    return true;
  }

  sweep(nowMs: number): void {
    for (const [id, pending] of this.#pending) {
      if (pending.deadlineAtMs > nowMs) this.hub.deadlineBy(pending.deadlineAtMs);
      else {
        this.#pending.delete(id);
        this.work.finish();
        pending.reject(new TransportError('timeout', `${pending.subject} was not answered in time`));
      }
    }
  }

  failAll(code: TransportErrorCode, message: string): void {
    for (const [id, pending] of this.#pending) {
      this.#pending.delete(id);
      this.work.finish();
      pending.reject(new TransportError(code, message));
    }
  }
}

/** Answers one request; never rejects. */
export async function answerRequest(
  hub: Hub,
  message: Msg,
  handler: (message: Incoming) => Promise<Uint8Array>,
  bytesMax: number,
): Promise<void> {
  const { reply } = message;
  let failure: TransportErrorCode;
  try {
    const body = await handler(incomingOf(message));
    if (body.length <= bytesMax) {
      if (reply) hub.outbox.message(reply, body);
      return;
    }
    hub.log('error', { subject: message.subject, bytes: body.length }, 'an answer is too long for the message bus');
    failure = 'too_large';
  } catch (error) {
    hub.log('error', { err: error, subject: message.subject }, 'the handler of a request failed');
    failure = 'handler_failed';
  }
  if (reply) hub.outbox.message(reply, EMPTY_BYTES, encodeHeaders({ [ERROR_HEADER]: failure }));
}

export function encodeHeaders(fields: MessageHeaders | undefined): { readonly headers?: MsgHdrs } {
  if (fields === undefined) return {};
  const headers = createHeaders();
  for (const name in fields) headers.set(name, fields[name] as string);
  return { headers };
}

/** Headers are decoded when they are looked at. */
export function incomingOf(message: Msg): Incoming {
  return new NatsIncoming(message);
}

class NatsIncoming implements Incoming {
  readonly body: Uint8Array;
  #headers: MessageHeaders | null = null;

  constructor(private readonly message: Msg) {
    this.body = message.data;
  }

  get subject(): string {
    return this.message.subject;
  }

  get headers(): MessageHeaders {
    this.#headers ??= decodeHeaders(this.message.headers);
    return this.#headers;
  }
}

function decodeHeaders(headers: MsgHdrs | undefined): MessageHeaders {
  const fields: Record<string, string> = {};
  for (const name of headers?.keys() ?? []) fields[name.toLowerCase()] = headers?.get(name) ?? '';
  return fields;
}

const FAILURE_CODES: readonly TransportErrorCode[] = ['handler_failed', 'too_large'];

function failureOf(text: string, subject: string): TransportError {
  const code = FAILURE_CODES.find((known) => known === text) ?? 'handler_failed';
  return new TransportError(code, `${subject} failed at the side that answers: ${code}`);
}
