import { type FeedEvent, FeedMessageSchema, FeedReadReplySchema, SUBJECTS } from '@tollgate/contracts';
import { type Clock, decodeJson, encodeJson } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { Subscription, Transport } from '@tollgate/transport';

/** A heartbeat older than this proves nothing any more. */
export const FEED_AGE_MS_MAX = 3_000;
const READ_MS_MAX = 2_000;
/** So long only lower sequences: another database is behind auth now. */
const LOWER_MS_MAX = 5_000;

export interface FeedParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  onEvent(event: FeedEvent): void;
  /** What was missed is not known: everything that events keep up to date must be read anew. */
  onReset?(): void;
}

/** Follows auth's feed of token changes and knows whether it may be relied on. */
export class RevocationFeed {
  /** Grows whenever what was cached before can no longer be trusted without asking. */
  generation = 0;
  /** Everything up to here has been heard. */
  private sequence = -1;
  /** The newest that is known of, heard or not. */
  private known = -1;
  private heardAt = Number.NEGATIVE_INFINITY;
  private lastAhead = 0;
  private gap = false;
  private reading = false;
  private readonly subscription: Subscription;

  constructor(private readonly parts: FeedParts) {
    this.subscription = parts.transport.subscribe(SUBJECTS.feed, (message) => this.receive(message.body));
  }

  get ageMs(): number {
    return this.parts.clock.monotonic() - this.heardAt;
  }

  /** The cache may answer: the last heartbeat is young and nothing is missing before it. */
  get fresh(): boolean {
    return !this.gap && this.ageMs <= FEED_AGE_MS_MAX;
  }

  close(): void {
    void this.subscription.drain();
  }

  private receive(body: Uint8Array): void {
    let message: ReturnType<typeof FeedMessageSchema.safeParse>;
    try {
      message = FeedMessageSchema.safeParse(decodeJson(body));
    } catch {
      return;
    }
    if (!message.success) return;
    const { sequence, events } = message.data;
    const now = this.parts.clock.monotonic();
    if (this.sequence < 0 || this.replaced(sequence, now)) {
      this.reset();
      this.sequence = sequence;
      this.known = sequence;
      this.gap = false;
    }
    this.heardAt = now;
    if (sequence >= this.known) this.lastAhead = now;
    for (const event of events) this.apply(event);
    this.known = Math.max(this.known, sequence);
    if (this.known > this.sequence) this.gap = true;
    if (this.gap) void this.catchUp();
  }

  private reset(): void {
    this.generation += 1;
    this.parts.onReset?.();
  }

  private replaced(sequence: number, now: number): boolean {
    return sequence < this.known && now - this.lastAhead > LOWER_MS_MAX;
  }

  private apply(event: FeedEvent): void {
    // Applied whatever its number: dropping a cached copy once more does no harm.
    this.tell(event);
    if (event.sequence === this.sequence + 1) this.sequence = event.sequence;
    else if (event.sequence > this.sequence) this.known = Math.max(this.known, event.sequence);
  }

  private tell(event: FeedEvent): void {
    // Written by a newer auth: what it means we cannot know, so nothing that was cached may be relied on.
    if (event.kind === 'unknown') this.reset();
    else this.parts.onEvent(event);
  }

  /** Reads what was missed; until then the cache does not answer. */
  private async catchUp(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    try {
      // More may have been lost while the answer was on its way: it is asked for again as long as that brings us on.
      for (let before = -1; this.gap && before < this.sequence; ) {
        before = this.sequence;
        if (!(await this.readOn())) return;
        this.gap = this.known > this.sequence;
      }
    } catch (error) {
      // The next heartbeat tries again.
      this.parts.logger.warn({ error }, 'missed token changes could not be read');
    } finally {
      this.reading = false;
    }
  }

  /** false = auth cannot tell. */
  private async readOn(): Promise<boolean> {
    const body = encodeJson({ after: this.sequence });
    const answer = await this.parts.transport.request(SUBJECTS.feedRead, body, { timeoutMs: READ_MS_MAX });
    const reply = FeedReadReplySchema.parse(decodeJson(answer));
    if (reply.status === 'stale') return false;
    if (reply.status === 'ok') for (const event of reply.events) this.tell(event);
    else this.reset();
    this.sequence = Math.max(this.sequence, reply.sequence);
    return true;
  }
}
