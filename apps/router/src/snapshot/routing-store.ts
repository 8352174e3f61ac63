import { type CatalogChanged, CatalogChangedSchema, RoutingSnapshotSchema, SUBJECTS } from '@tollgate/contracts';
import { concatBytes, decodeJson, EMPTY_BYTES, encodeJson } from '@tollgate/kernel';
import { applyDelta, indexSnapshot, type RoutingIndex } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import type { ClientStream, StreamFailure, StreamReceiver, Subscription, Transport } from '@tollgate/transport';

const FETCH_MS_MAX = 10_000;
const SNAPSHOT_BYTES_MAX = 256 * 1024 * 1024;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5_000;
/** About three seconds of a boot. */
const QUIET_FAILURES = 5;

export interface RoutingStoreParts {
  readonly transport: Transport;
  readonly logger: Logger;
  /** There is another one. */
  readonly onIndex?: (index: RoutingIndex) => void;
}

/** The routing snapshot: whole at boot and after a gap, else by deltas; what cannot be read leaves the old one in place. */
export class RoutingStore {
  /** null until the first snapshot is here. */
  index: RoutingIndex | null = null;
  /** It has been as far as the catalogue has told; stays so, since an old state serves better than none. */
  settled = false;
  private fetching = false;
  /** The last change that came while a snapshot was on its way that may have been read before it. */
  private missed: CatalogChanged | null = null;
  private closed = false;
  private retryMs = RETRY_MS_MIN;
  private failures = 0;
  private timer: NodeJS.Timeout | null = null;
  private readonly subscription: Subscription;

  constructor(private readonly parts: RoutingStoreParts) {
    this.subscription = parts.transport.subscribe(SUBJECTS.catalogChanged, (message) => this.onChanged(message.body));
    this.fetch();
  }

  close(): void {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    void this.subscription.drain();
  }

  private onChanged(body: Uint8Array): void {
    let changed: ReturnType<typeof CatalogChangedSchema.safeParse>;
    try {
      changed = CatalogChangedSchema.safeParse(decodeJson(body));
    } catch {
      return;
    }
    const next = this.index === null || !changed.success ? 'refetch' : applyDelta(this.index, changed.data);
    if (next !== 'refetch') this.keep(next);
    else if (this.fetching) this.missed = changed.success ? changed.data : this.missed;
    else this.fetch();
  }

  private keep(index: RoutingIndex): void {
    if (index === this.index) return;
    // A change has come in meanwhile and is ahead of the snapshot that was asked for before it.
    if (index.epoch === this.index?.epoch && index.revision < this.index.revision) return;
    this.index = index;
    this.parts.onIndex?.(index);
  }

  private fetch(): void {
    if (this.fetching || this.closed) return;
    this.fetching = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const receiver = new SnapshotReceiver((error, bytes) => this.onFetched(error, bytes));
    const opening = {
      headers: {},
      meta: encodeJson({ v: 1, view: 'routing' }),
      body: EMPTY_BYTES,
      deadlineMs: FETCH_MS_MAX,
    };
    receiver.stream = this.parts.transport.openStream(SUBJECTS.catalogSnapshot, opening, receiver);
  }

  private onFetched(error: string | null, bytes: Uint8Array): void {
    this.fetching = false;
    if (this.closed) return;
    try {
      if (error !== null) throw new Error(error);
      this.keep(indexSnapshot(RoutingSnapshotSchema.parse(decodeJson(bytes))));
      this.retryMs = RETRY_MS_MIN;
      this.failures = 0;
      this.fetchMissed();
    } catch (cause) {
      // While everybody boots, the catalogue may be the later one: that is no news until it has lasted.
      const level = this.index === null && this.failures < QUIET_FAILURES ? 'debug' : 'warn';
      this.failures += 1;
      this.parts.logger[level]({ error: cause, kept: this.index?.revision ?? null }, 'the routing snapshot could not be fetched');
      this.timer = setTimeout(() => this.fetch(), this.retryMs);
      this.retryMs = Math.min(RETRY_MS_MAX, this.retryMs * 2);
    }
  }

  /** Without this a change that is told during the first fetch is known only by the next heartbeat. */
  private fetchMissed(): void {
    const { missed, index } = this;
    this.missed = null;
    if (missed !== null && (missed.epoch !== index?.epoch || missed.to > index.revision)) this.fetch();
    else this.settled = true;
  }
}

class SnapshotReceiver implements StreamReceiver {
  stream: ClientStream | null = null;
  private readonly parts: Uint8Array[] = [];
  private size = 0;
  private done = false;

  constructor(private readonly finish: (error: string | null, bytes: Uint8Array) => void) {}

  onHead(): void {}
  onData(chunk: Uint8Array): void {
    this.size += chunk.length;
    if (this.size > SNAPSHOT_BYTES_MAX) {
      this.stream?.cancel('too large');
      this.settle('the snapshot is too large');
      return;
    }
    this.parts.push(chunk);
    // In the very first frames of an in-process stream the handle is not there yet; the window is wide enough for those.
    if (this.stream === null) queueMicrotask(() => this.stream?.consumed(chunk.length));
    else this.stream.consumed(chunk.length);
  }
  onEnd(): void {
    this.settle(null);
  }
  onError(error: StreamFailure): void {
    this.settle(`${error.code}: ${error.message}`);
  }

  private settle(error: string | null): void {
    if (this.done) return;
    this.done = true;
    this.finish(error, error === null ? concatBytes(this.parts) : EMPTY_BYTES);
  }
}
