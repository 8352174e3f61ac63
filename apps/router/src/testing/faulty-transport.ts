import { EMPTY_BYTES } from '@tollgate/kernel';
import type {
  ClientStream,
  Incoming,
  MessageHeaders,
  RequestOptions,
  ServerStream,
  StreamFailure,
  StreamOpening,
  StreamReceiver,
  Subscription,
  Transport,
} from '@tollgate/transport';

interface Open {
  readonly subject: string;
  readonly receiver: StreamReceiver;
  inner: ClientStream | null;
}

/** Fails streams in ways that only a bus between processes has; everything else is the transport's own. */
export class FaultyTransport implements Transport {
  readonly kind: Transport['kind'];
  readonly maxBodyBytes: number;
  private readonly open = new Set<Open>();

  constructor(private readonly inner: Transport) {
    this.kind = inner.kind;
    this.maxBodyBytes = inner.maxBodyBytes;
  }

  get connected(): boolean {
    return this.inner.connected;
  }

  /** The receiver hears the failure; the serving side hears that the receiver is gone. */
  lose(subject: string, code: StreamFailure['code']): void {
    for (const stream of this.open) {
      if (stream.subject !== subject) continue;
      this.open.delete(stream);
      stream.inner?.cancel(code);
      stream.receiver.onError({ code, message: `lost on purpose: ${code}`, meta: EMPTY_BYTES });
    }
  }

  openStream(subject: string, opening: StreamOpening, receiver: StreamReceiver): ClientStream {
    const stream: Open = { subject, receiver, inner: null };
    this.open.add(stream);
    const inner = this.inner.openStream(subject, opening, {
      onHead: (meta) => receiver.onHead(meta),
      onData: (chunk) => receiver.onData(chunk),
      onEnd: (meta) => {
        this.open.delete(stream);
        receiver.onEnd(meta);
      },
      onError: (failure) => {
        this.open.delete(stream);
        receiver.onError(failure);
      },
    });
    stream.inner = inner;
    return {
      consumed: (bytes) => inner.consumed(bytes),
      cancel: (reason) => {
        this.open.delete(stream);
        inner.cancel(reason);
      },
    };
  }

  onConnectionChange(listener: (connected: boolean) => void): () => void {
    return this.inner.onConnectionChange(listener);
  }
  publish(subject: string, body: Uint8Array, headers?: MessageHeaders): void {
    this.inner.publish(subject, body, headers);
  }
  subscribe(subject: string, handler: (message: Incoming) => void): Subscription {
    return this.inner.subscribe(subject, handler);
  }
  request(subject: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    return this.inner.request(subject, body, options);
  }
  respond(subject: string, queue: string, handler: (message: Incoming) => Promise<Uint8Array>): Subscription {
    return this.inner.respond(subject, queue, handler);
  }
  serveStream(subject: string, queue: string, handler: (stream: ServerStream) => void): Subscription {
    return this.inner.serveStream(subject, queue, handler);
  }
  drain(graceMs: number): Promise<void> {
    return this.inner.drain(graceMs);
  }
}
