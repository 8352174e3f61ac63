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

export interface CompositeOptions {
  readonly local: Transport;
  /** Connected with `echo: false`, or a subscriber here would get twice what is published here. */
  readonly remote: Transport & { readonly echo?: boolean };
  /** True for subjects whose owner lives in this process. */
  isLocal(subject: string): boolean;
}

/**
 * For a process that holds some of the services: what they ask of each other stays in the process and goes on while the
 * bus is away; all else, and all that others ask of them, goes over the bus.
 */
export function createCompositeTransport(options: CompositeOptions): Transport {
  if (options.remote.echo === true)
    throw new RangeError('the remote half of a composite transport is connected with echo: false');
  return new CompositeTransport(options);
}

class CompositeTransport implements Transport {
  readonly kind = 'composite';
  readonly #local: Transport;
  readonly #remote: Transport;
  readonly #isLocal: (subject: string) => boolean;

  constructor(options: CompositeOptions) {
    this.#local = options.local;
    this.#remote = options.remote;
    this.#isLocal = options.isLocal;
  }

  get connected(): boolean {
    return this.#remote.connected;
  }

  get maxBodyBytes(): number {
    return Math.min(this.#local.maxBodyBytes, this.#remote.maxBodyBytes);
  }

  onConnectionChange(listener: (connected: boolean) => void): () => void {
    return this.#remote.onConnectionChange(listener);
  }

  /** Reaches the subscribers here at once; those elsewhere miss it while the bus is away, as they would anyhow. */
  publish(subject: string, body: Uint8Array, headers?: MessageHeaders): void {
    this.#local.publish(subject, body, headers);
    try {
      this.#remote.publish(subject, body, headers);
    } catch (error) {
      if (!(error instanceof TransportError && error.code === 'disconnected')) throw error;
    }
  }

  subscribe(subject: string, handler: (message: Incoming) => void): Subscription {
    return both(this.#local.subscribe(subject, handler), this.#remote.subscribe(subject, handler));
  }

  request(subject: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    return this.#side(subject).request(subject, body, options);
  }

  respond(subject: string, queue: string, handler: (message: Incoming) => Promise<Uint8Array>): Subscription {
    return both(this.#local.respond(subject, queue, handler), this.#remote.respond(subject, queue, handler));
  }

  openStream(subject: string, opening: StreamOpening, receiver: StreamReceiver): ClientStream {
    return this.#side(subject).openStream(subject, opening, receiver);
  }

  serveStream(subject: string, queue: string, handler: (stream: ServerStream) => void): Subscription {
    return both(this.#local.serveStream(subject, queue, handler), this.#remote.serveStream(subject, queue, handler));
  }

  async drain(graceMs: number): Promise<void> {
    await Promise.all([this.#local.drain(graceMs), this.#remote.drain(graceMs)]);
  }

  #side(subject: string): Transport {
    return this.#isLocal(subject) ? this.#local : this.#remote;
  }
}

const both = (one: Subscription, other: Subscription): Subscription => ({
  drain: async () => {
    await Promise.all([one.drain(), other.drain()]);
  },
});
