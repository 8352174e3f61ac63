import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, type Placed, type RandomBytes, Roster } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import { HEADER_LENGTH, lineBytesMax, writeLine } from './line.js';
import { forgetInstance, isAbandoned, thisOwner, touchLock, writeLock } from './owner.js';
import { Segment } from './segment.js';
import type { Sender } from './sender.js';
import { type Batch, Shipper } from './shipper.js';

/** A call as the spool sees it. The fields are the spool's own. */
export interface SpoolEntry extends Placed {
  intentSegment: Segment | null;
  intentText: string;
  /** False where the disk did not take it: the call must not be dispatched. */
  onIntentWritten(written: boolean): void;
  /** The settlement is on file: the last byte of the answer may go. */
  onSettlementWritten(): void;
}

export interface SpoolSettings {
  /** Holds one folder per process; created where it is missing. */
  readonly directory: string;
  /** Over this the spool takes no more intents. Settlements of calls under way are always taken. */
  readonly maxBytes: number;
  /** A segment is closed at this size; 8 MiB by default, an eighth of `maxBytes` at most. */
  readonly segmentBytes?: number;
  /** Also survives a power cut, at the price of a disk flush per tick. */
  readonly sync: boolean;
  /** Of the shipper, see there. */
  readonly queuedBytesMax?: number;
}

export interface SpoolParts {
  readonly settings: SpoolSettings;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly logger: Logger;
}

const SEGMENT_BYTES = 8 * 1024 * 1024;
/** The file that is being written cannot go: it must be a small part of what the spool may hold, or a full one stayed full. */
const SEGMENTS_MIN = 8;
const SCRATCH_BYTES = 256 * 1024;
const SCRATCH_KEPT_MAX = 4 * 1024 * 1024;
const RETRY_MS = 250;
const HEARTBEAT_MS = 5_000;
/** An intent that holds back so many segments is written again further on, so that its file can go. */
const SEGMENTS_HELD_MAX = 4;

/**
 * The router's memory of what must not be lost: intents before dispatch, settlements before the last byte. One write per
 * turn of the event loop for all calls of that turn; a settlement's file goes when analytics has committed it.
 */
export class Spool {
  /** The folder of this process. */
  readonly folder: string;
  private readonly shipper: Shipper;
  private readonly segments: Segment[] = [];
  private readonly openIntents = new Roster<SpoolEntry>();
  readonly instance: string;
  private readonly heartbeat: NodeJS.Timeout;
  private bytes = 0;
  /** Bytes of adopted folders, which count for the cap as well. */
  private foreignBytes = 0;
  private failed = false;
  private closed = false;
  private scheduled = false;
  private scratch = Buffer.allocUnsafe(SCRATCH_BYTES);
  private entries: (SpoolEntry | null)[] = [];
  private texts: string[] = [];
  private kinds: ('intent' | 'settlement' | 'commit')[] = [];
  private places: number[] = [];
  private unsent = 0;

  constructor(private readonly parts: SpoolParts) {
    const { settings, clock, randomBytes } = parts;
    this.instance = `${process.pid}-${clock.now()}-${Buffer.from(randomBytes(4)).toString('hex')}`;
    this.folder = join(settings.directory, this.instance);
    mkdirSync(settings.directory, { recursive: true, mode: 0o700 });
    // Under another name first: a folder without a lock would be anybody's.
    const unborn = join(settings.directory, `.${this.instance}`);
    mkdirSync(unborn, { mode: 0o700 });
    writeLock(unborn, thisOwner(this.instance));
    renameSync(unborn, this.folder);
    this.segments.push(new Segment(this.folder, 1));
    this.shipper = new Shipper({
      host: this,
      sender: parts.sender,
      logger: parts.logger,
      rejectedPath: this.rejectedPath,
      ...(settings.queuedBytesMax === undefined ? {} : { queuedBytesMax: settings.queuedBytesMax }),
    });
    this.heartbeat = setInterval(this.onHeartbeat, HEARTBEAT_MS);
    this.heartbeat.unref();
  }

  get rejectedPath(): string {
    return join(this.parts.settings.directory, 'rejected.ndjson');
  }

  /** New calls are taken: the disk works and there is room. */
  get accepting(): boolean {
    return !this.failed && !this.full;
  }
  get writable(): boolean {
    return !this.failed;
  }
  get full(): boolean {
    return this.bytesOnDisk >= this.parts.settings.maxBytes;
  }
  get bytesOnDisk(): number {
    return this.bytes + this.foreignBytes;
  }
  /** Settlements that analytics has not committed. */
  get pending(): number {
    return this.unsent;
  }
  get intents(): number {
    return this.openIntents.size;
  }

  countForeign(bytes: number): void {
    this.foreignBytes += bytes;
  }

  /** May be repeated for one call (each attempt): the last one counts. */
  intend(entry: SpoolEntry, text: string): void {
    this.push('intent', entry, text);
  }

  settle(entry: SpoolEntry, text: string): void {
    this.push('settlement', entry, text);
  }

  segmentAfter(segment: Segment): Segment | null {
    return this.segments[this.segments.indexOf(segment) + 1] ?? null;
  }

  committed(batch: Batch): void {
    batch.segment.open -= batch.count;
    this.unsent -= batch.count;
    this.push('commit', null, JSON.stringify({ segment: batch.segment.number, from: batch.from, to: batch.to }));
    this.trim();
  }

  /** Sends what is left, at most so long, and gives the folder up: empty it goes (unless `farewell` says no), else the next router takes it. */
  async close(graceMs: number, farewell = async (): Promise<boolean> => true): Promise<void> {
    this.flush();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([this.shipper.whenIdle(), late]);
    clearTimeout(timer);
    this.flush();
    const free = this.unsent === 0 && this.openIntents.size === 0 && (await farewell());
    this.abandon();
    if (free) rmSync(this.folder, { recursive: true, force: true });
  }

  /** Stops as a killed process does: nothing more is sent or written, the folder stays behind. */
  abandon(): void {
    this.closed = true;
    clearInterval(this.heartbeat);
    this.shipper.close();
    for (const segment of this.segments) segment.close();
    forgetInstance(this.instance);
  }

  isAbandoned(folder: string): boolean {
    return isAbandoned(folder, this.parts.clock.now());
  }

  private push(kind: 'intent' | 'settlement' | 'commit', entry: SpoolEntry | null, text: string): void {
    if (this.closed) return;
    this.kinds.push(kind);
    this.entries.push(entry);
    this.texts.push(text);
    if (this.scheduled) return;
    this.scheduled = true;
    // The check phase comes after all sockets of this turn have been read: one write for all of them.
    setImmediate(this.onTick);
  }

  private readonly onTick = (): void => {
    this.scheduled = false;
    this.flush();
  };

  private flush(): void {
    if (this.texts.length === 0 || this.closed) return;
    const { kinds, entries, texts } = this;
    this.kinds = [];
    this.entries = [];
    this.texts = [];
    const length = this.encode(kinds, texts);
    const segment = this.current;
    const base = segment.size;
    try {
      segment.append(this.scratch, length, this.parts.settings.sync);
      this.recovered();
    } catch (error) {
      this.onWriteFailed(error, kinds, entries, texts);
      return;
    }
    this.bytes += length;
    this.book(segment, base, kinds, entries, texts);
    if (segment.size >= this.segmentBytes) this.rotate();
    if (this.scratch.length > SCRATCH_KEPT_MAX) this.scratch = Buffer.allocUnsafe(SCRATCH_BYTES);
    this.callBack(kinds, entries, true);
  }

  private encode(kinds: readonly ('intent' | 'settlement' | 'commit')[], texts: readonly string[]): number {
    let room = 0;
    for (const text of texts) room += lineBytesMax(text.length);
    if (room > this.scratch.length) this.scratch = Buffer.allocUnsafe(room);
    this.places.length = 0;
    let offset = 0;
    for (let index = 0; index < texts.length; index += 1) {
      this.places.push(offset);
      offset = writeLine(this.scratch, offset, kinds[index] as 'intent', texts[index] as string);
    }
    this.places.push(offset);
    return offset;
  }

  private book(
    segment: Segment,
    base: number,
    kinds: readonly string[],
    entries: readonly (SpoolEntry | null)[],
    texts: readonly string[],
  ): void {
    for (let index = 0; index < kinds.length; index += 1) {
      const entry = entries[index] as SpoolEntry | null;
      if (entry === null) continue;
      if (entry.intentSegment !== null) entry.intentSegment.open -= 1;
      if (kinds[index] === 'intent') {
        if (entry.intentSegment === null) this.openIntents.add(entry);
        entry.intentSegment = segment;
        entry.intentText = texts[index] as string;
        segment.open += 1;
        continue;
      }
      if (entry.intentSegment !== null) {
        this.openIntents.remove(entry);
        entry.intentSegment = null;
        entry.intentText = '';
      }
      segment.open += 1;
      this.unsent += 1;
      const start = this.places[index] as number;
      const end = this.places[index + 1] as number;
      this.shipper.add(segment, base + start, base + end, this.scratch, start + HEADER_LENGTH, end - 1);
    }
  }

  private callBack(kinds: readonly string[], entries: readonly (SpoolEntry | null)[], written: boolean): void {
    for (let index = 0; index < kinds.length; index += 1) {
      const entry = entries[index] as SpoolEntry | null;
      if (entry === null) continue;
      try {
        if (kinds[index] === 'intent') entry.onIntentWritten(written);
        else entry.onSettlementWritten();
      } catch (error) {
        this.parts.logger.error({ error }, 'a call failed after its spool write');
      }
    }
  }

  /** Intents fail; settlements wait for the disk in memory, bounded by the calls that were under way. */
  private onWriteFailed(
    error: unknown,
    kinds: readonly ('intent' | 'settlement' | 'commit')[],
    entries: readonly (SpoolEntry | null)[],
    texts: readonly string[],
  ): void {
    if (!this.failed) this.parts.logger.error({ error }, 'the spool cannot be written: new calls are refused');
    this.failed = true;
    for (let index = 0; index < kinds.length; index += 1) {
      const entry = entries[index] as SpoolEntry | null;
      if (kinds[index] !== 'settlement' || entry === null) continue;
      // The caller's answer is complete: it does not wait for the disk, only the record does.
      const kept = new StuckSettlement(entry);
      this.kinds.push('settlement');
      this.entries.push(kept);
      this.texts.push(texts[index] as string);
    }
    this.callBack(kinds, entries, false);
    this.scheduled = true;
    setTimeout(this.onRetry, RETRY_MS);
  }

  private readonly onRetry = (): void => {
    this.scheduled = false;
    if (this.closed) return;
    if (this.texts.length === 0) this.push('commit', null, '{}');
    if (!this.current.usable) this.rotate();
    this.flush();
  };

  private recovered(): void {
    if (!this.failed) return;
    this.failed = false;
    this.parts.logger.info({}, 'the spool can be written again');
  }

  private get segmentBytes(): number {
    const { segmentBytes = SEGMENT_BYTES, maxBytes } = this.parts.settings;
    return Math.min(segmentBytes, maxBytes / SEGMENTS_MIN);
  }

  private get current(): Segment {
    return this.segments[this.segments.length - 1] as Segment;
  }

  private rotate(): void {
    const last = this.current;
    try {
      this.segments.push(new Segment(this.folder, last.number + 1));
    } catch (error) {
      this.parts.logger.warn({ error }, 'no new spool segment could be opened');
      return;
    }
    last.close();
    this.trim();
    this.carryForward();
  }

  /** In order only: a settlement's file must not go before the file of its intent. */
  private trim(): void {
    while (this.segments.length > 1) {
      const [oldest] = this.segments as [Segment];
      if (oldest.open > 0) return;
      try {
        oldest.remove();
      } catch (error) {
        this.parts.logger.warn({ error }, 'a spool segment could not be removed');
      }
      this.bytes -= oldest.size;
      this.segments.shift();
    }
  }

  /** At once, before any settlement that is still queued: an intent must never stand behind its own settlement. */
  private carryForward(): void {
    if (this.segments.length <= SEGMENTS_HELD_MAX) return;
    const [oldest] = this.segments;
    const held = this.openIntents.all().filter((entry) => entry.intentSegment === oldest);
    const texts = held.map((entry) => entry.intentText);
    const kinds = texts.map(() => 'intent' as const);
    const length = this.encode(kinds, texts);
    try {
      this.current.append(this.scratch, length, this.parts.settings.sync);
    } catch (error) {
      this.parts.logger.warn({ error }, 'open intents could not be carried forward');
      return;
    }
    this.bytes += length;
    this.book(this.current, 0, kinds, held, texts);
    this.trim();
  }

  private readonly onHeartbeat = (): void => {
    try {
      touchLock(this.folder, this.parts.clock.now());
    } catch (error) {
      this.parts.logger.warn({ error }, 'the spool lock could not be touched');
    }
  };
}

/** A settlement whose caller has been served already. */
class StuckSettlement implements SpoolEntry {
  constructor(private readonly entry: SpoolEntry) {}
  get place(): number {
    return this.entry.place;
  }
  set place(place: number) {
    this.entry.place = place;
  }
  get intentSegment(): Segment | null {
    return this.entry.intentSegment;
  }
  set intentSegment(segment: Segment | null) {
    this.entry.intentSegment = segment;
  }
  get intentText(): string {
    return this.entry.intentText;
  }
  set intentText(text: string) {
    this.entry.intentText = text;
  }
  onIntentWritten(): void {}
  onSettlementWritten(): void {}
}
