import { NO_USAGE, type Usage } from '@tollgate/contracts';
import type { CanonicalEvent } from '../canonical/canonical-event.js';
import type { ReplyContext, StreamWriter } from '../canonical/dialect.js';
import { Drops } from '../canonical/drops.js';
import type { RefusalPart } from '../canonical/part.js';
import { TextOut } from '../canonical/text-out.js';
import type { JsonObject } from '../json/json-value.js';
import { BlockWriter } from './block-writer.js';
import { envelopeOf } from './error.js';
import { writeStopWord } from './stop-words.js';
import { writeUsage } from './usage.js';
import { writeRefusal } from './write-reply.js';

type Of<Type extends CanonicalEvent['type']> = Extract<CanonicalEvent, { type: Type }>;
type PartEvent = Of<'part_start' | 'part_delta' | 'part_note' | 'part_end'>;

/** What waits for the block before it to end. */
const WAITING_LENGTH_MAX = 16 * 1024 * 1024;

export const createStreamWriter = (context: ReplyContext): StreamWriter => new MessageStreamWriter(context);

/**
 * Events as a message stream. Its blocks come one after the other, so a part that begins while another is open waits until
 * that one has ended; parallel tool calls of other dialects come interleaved.
 */
class MessageStreamWriter implements StreamWriter {
  private readonly out = new TextOut();
  private readonly drops = new Drops();
  private readonly blocks = new BlockWriter((type, fields) => this.event(type, fields), this.drops);
  private readonly waiting = new Map<number, PartEvent[]>();
  private readonly foreign = new Set<number>();
  private waitingLength = 0;
  private current = -1;
  private pending: Of<'start'> | null = null;
  private usage: Usage | null = null;
  private stop: Of<'stop'> | null = null;
  private closed = false;
  private readonly refusals = new Map<number, RefusalPart>();

  constructor(private readonly context: ReplyContext) {}

  take(): Uint8Array {
    return this.out.take();
  }

  dropped(): readonly string[] {
    return this.drops.names();
  }

  write(event: CanonicalEvent): void {
    if (this.closed) return;
    if (event.type === 'start') this.pending = event;
    else if (event.type === 'usage') this.usage = event.usage;
    else {
      this.flushStart();
      this.writeNext(event);
    }
  }

  private writeNext(event: Exclude<CanonicalEvent, Of<'start' | 'usage'>>): void {
    switch (event.type) {
      case 'stop':
        if (event.candidate === 0) this.stop = event;
        return;
      case 'error':
        this.closed = true;
        this.event('error', envelopeOf(event.error));
        return;
      case 'end':
        this.end();
        return;
      default:
        this.part(event);
        return;
    }
  }

  private part(event: PartEvent): void {
    if (event.type === 'part_start') {
      if (event.candidate > 0) {
        this.drops.add('n');
        this.foreign.add(event.index);
        return;
      }
      if (event.part.type === 'refusal') this.refusals.set(event.index, event.part);
    }
    if (this.foreign.has(event.index)) return;
    if (this.refusals.has(event.index)) {
      this.refuse(event);
      return;
    }
    if (this.current < 0 && event.type === 'part_start') this.current = event.index;
    if (event.index !== this.current) {
      this.wait(event);
      return;
    }
    this.blocks.write(event);
    if (event.type === 'part_end') this.next();
  }

  /** A refusal is no block: it stands in `stop_details` at the end. */
  private refuse(event: PartEvent): void {
    const part = this.refusals.get(event.index);
    if (event.type === 'part_delta' && part !== undefined)
      this.refusals.set(event.index, { ...part, text: part.text + event.text });
  }

  private wait(event: PartEvent): void {
    const queue = this.waiting.get(event.index);
    if (queue !== undefined) queue.push(event);
    else if (event.type === 'part_start') this.waiting.set(event.index, [event]);
    this.waitingLength += event.type === 'part_delta' ? event.text.length : 64;
    if (this.waitingLength <= WAITING_LENGTH_MAX) return;
    this.closed = true;
    this.event('error', envelopeOf({ class: 'server', message: 'The answer is too large to be put in order.', status: null }));
  }

  /** The parts that waited, in the order in which they began, up to one that is still open. */
  private next(): void {
    this.current = -1;
    for (const [index, events] of this.waiting) {
      this.waiting.delete(index);
      this.current = index;
      for (const event of events) this.blocks.write(event);
      if (events.at(-1)?.type !== 'part_end') return;
      this.current = -1;
    }
    this.waitingLength = 0;
  }

  /** Held until something happens, so that usage which is said at once stands in it. */
  private flushStart(): void {
    if (this.pending === null) return;
    const { id, model } = this.pending;
    this.pending = null;
    const message: JsonObject = {
      id: id || this.context.id,
      type: 'message',
      role: 'assistant',
      model: model || this.context.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: writeUsage(this.usage ?? { ...NO_USAGE, input: this.context.inputTokensEstimate, output: 1 }),
    };
    this.event('message_start', { type: 'message_start', message });
  }

  private end(): void {
    this.closed = true;
    const [refusal] = this.refusals.values();
    const delta: JsonObject = {
      stop_reason: writeStopWord(this.stop?.reason ?? 'stop'),
      stop_sequence: this.stop?.stopSequence ?? null,
      stop_details: refusal === undefined ? undefined : writeRefusal(refusal),
    };
    const usage = writeUsage(this.usage ?? NO_USAGE);
    this.event('message_delta', { type: 'message_delta', delta, usage });
    this.event('message_stop', { type: 'message_stop' });
  }

  private event(type: string, fields: JsonObject): void {
    this.out.add(`event: ${type}\ndata: ${JSON.stringify(fields)}\n\n`);
  }
}
