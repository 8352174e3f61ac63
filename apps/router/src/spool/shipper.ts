import { appendFileSync } from 'node:fs';
import type { UsageCommitted } from '@tollgate/contracts';
import type { Logger } from '@tollgate/telemetry';
import { LINE_FEED } from './line.js';
import { readSegment } from './read-segment.js';
import type { Segment } from './segment.js';
import type { Sender } from './sender.js';

/** A batch leaves with so many records, or after so long, whichever is first. */
const BATCH_RECORDS = 50;
const BATCH_AGE_MS = 20;
/** It grows so far while all slots are busy; below the bus's usual max payload of 1 MiB. */
const BATCH_BYTES_MAX = 512 * 1024;
const BATCH_BYTES_START = 64 * 1024;
const IN_FLIGHT_MAX = 4;
/** Records waiting in memory; what comes beyond is read from the file later. */
const QUEUED_BYTES_MAX = 4 * 1024 * 1024;

export interface Batch {
  readonly segment: Segment;
  /** Range of the segment whose settlements these are. */
  readonly from: number;
  to: number;
  count: number;
  bytes: Buffer;
  length: number;
}

/** What the shipper needs of the spool. */
export interface ShipperHost {
  /** The segment written after this one, null where it is the current one. */
  segmentAfter(segment: Segment): Segment | null;
  committed(batch: Batch): void;
}

export interface ShipperOptions {
  readonly host: ShipperHost;
  readonly sender: Sender;
  readonly logger: Logger;
  /** Records that the sink refuses for good are kept here for a human. */
  readonly rejectedPath: string;
  readonly queuedBytesMax?: number;
}

/** Sends settlements as they are written. Memory is bounded: when the sink is behind, it goes on from the file. */
export class Shipper {
  private current: Batch | null = null;
  private readonly queue: Batch[] = [];
  private queuedBytes = 0;
  private inFlight = 0;
  private timer: NodeJS.Timeout | null = null;
  /** Where to go on reading; null while everything written is in memory or sent. */
  private behind: { segment: Segment; offset: number } | null = null;
  private closed = false;
  private idleWaiters: (() => void)[] = [];

  constructor(private readonly options: ShipperOptions) {}

  get idle(): boolean {
    return this.inFlight === 0 && this.queue.length === 0 && this.current === null && this.behind === null;
  }

  /** The payload stands in `source` from `start` to `end`; it is copied. `from`/`to`: the line's place in the segment. */
  add(segment: Segment, from: number, to: number, source: Buffer, start: number, end: number): void {
    if (this.behind !== null || this.closed) return;
    if (this.queuedBytes > (this.options.queuedBytesMax ?? QUEUED_BYTES_MAX)) {
      this.behind = { segment, offset: from };
      return;
    }
    this.collect(segment, from, to, source, start, end);
    this.pump();
  }

  whenIdle(): Promise<void> {
    this.cut();
    this.pump();
    return this.idle ? Promise.resolve() : new Promise((resolve) => this.idleWaiters.push(resolve));
  }

  close(): void {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private collect(segment: Segment, from: number, to: number, source: Buffer, start: number, end: number): void {
    const size = end - start + 1;
    const open = this.current;
    if (open !== null && (open.segment !== segment || open.length + size > BATCH_BYTES_MAX)) this.cut();
    this.current ??= { segment, from, to, count: 0, bytes: Buffer.allocUnsafe(Math.max(BATCH_BYTES_START, size)), length: 0 };
    const batch = this.current;
    if (batch.length + size > batch.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(BATCH_BYTES_MAX, Math.max(batch.bytes.length * 2, batch.length + size)));
      batch.bytes.copy(larger, 0, 0, batch.length);
      batch.bytes = larger;
    }
    source.copy(batch.bytes, batch.length, start, end);
    batch.bytes[batch.length + size - 1] = LINE_FEED;
    batch.length += size;
    batch.count += 1;
    batch.to = to;
    this.queuedBytes += size;
    if (this.timer === null) this.timer = setTimeout(this.onAge, BATCH_AGE_MS);
  }

  private readonly onAge = (): void => {
    this.timer = null;
    if (this.inFlight < IN_FLIGHT_MAX) this.cut();
    this.pump();
  };

  private cut(): void {
    if (this.current === null) return;
    this.queue.push(this.current);
    this.current = null;
  }

  private pump(): void {
    if (this.closed) return;
    if (this.inFlight < IN_FLIGHT_MAX && this.current !== null && this.current.count >= BATCH_RECORDS) this.cut();
    while (this.inFlight < IN_FLIGHT_MAX) {
      const batch = this.queue.shift();
      if (batch === undefined) break;
      this.inFlight += 1;
      void this.send(batch);
    }
    if (this.current !== null && this.timer === null) this.timer = setTimeout(this.onAge, BATCH_AGE_MS);
    if (this.idle && this.idleWaiters.length > 0) {
      for (const resolve of this.idleWaiters) resolve();
      this.idleWaiters = [];
    }
  }

  private async send(batch: Batch): Promise<void> {
    const answer = await this.options.sender.deliver(batch.bytes.subarray(0, batch.length));
    this.inFlight -= 1;
    if (answer === null) return;
    this.queuedBytes -= batch.length;
    if (answer.rejected.length > 0) keepRejected(this.options, answer, batch.bytes.subarray(0, batch.length));
    this.options.host.committed(batch);
    if (this.behind !== null && this.queue.length === 0) this.catchUp(this.behind);
    this.pump();
  }

  /** Reads on from the file until the queue is full enough, or the file's end is reached: then records come from memory again. */
  private catchUp(place: { segment: Segment; offset: number }): void {
    this.cut();
    const enough = Math.min(BATCH_BYTES_MAX * IN_FLIGHT_MAX, (this.options.queuedBytesMax ?? QUEUED_BYTES_MAX) / 2);
    for (;;) {
      for (const entry of readSegment(place.segment.path, place.offset, place.segment.size)) {
        place.offset = entry.end;
        if (entry.kind === 'settlement')
          this.collect(place.segment, entry.start, entry.end, entry.payload, 0, entry.payload.length);
        if (this.queuedBytes >= enough) {
          this.cut();
          return;
        }
      }
      const next = this.options.host.segmentAfter(place.segment);
      if (next === null) break;
      place.segment = next;
      place.offset = 0;
    }
    this.cut();
    this.behind = null;
  }
}

/** Writes what the sink will never take to a file beside the segments, and says so once per record. */
export function keepRejected(
  options: { readonly logger: Logger; readonly rejectedPath: string },
  answer: UsageCommitted,
  lines: Buffer,
): void {
  const byId = new Map(answer.rejected.map((row) => [row.id, row.reason]));
  for (const line of lines.toString('utf8').split('\n')) {
    if (line === '') continue;
    const id = idOf(line);
    const reason = id === null ? undefined : byId.get(id);
    if (reason === undefined) continue;
    appendFileSync(options.rejectedPath, `${line}\n`, { mode: 0o600 });
    options.logger.error({ requestId: id, reason }, 'a usage record was rejected: kept in rejected.ndjson');
  }
}

function idOf(line: string): string | null {
  try {
    const id: unknown = (JSON.parse(line) as { id?: unknown }).id;
    return typeof id === 'string' ? id : null;
  } catch {
    return null;
  }
}
