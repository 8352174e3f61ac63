import type { Usage } from '@tollgate/contracts';
import type { CanonicalError } from './canonical-error.js';
import type { CanonicalEvent } from './canonical-event.js';
import { deriveStop } from './derive-stop.js';
import type { EventSink } from './dialect.js';
import type { Part } from './part.js';
import type { StopReason } from './stop-reason.js';

/** Hostile upstreams may open parts without end. */
const PARTS_MAX = 10_000;

interface OpenPart {
  readonly candidate: number;
  readonly type: Part['type'];
  grown: boolean;
}

/**
 * Keeps the order that events promise (one start, parts opened and ended, one stop per candidate, one end), so that a
 * dialect's reader only says what it saw.
 */
export class EventEmitter {
  private next = 0;
  private started = false;
  private closed = false;
  private readonly open = new Map<number, OpenPart>();
  private readonly emitted = new Map<number, Set<Part['type']>>();
  private readonly stopped = new Set<number>();

  constructor(private readonly sink: EventSink) {}

  get done(): boolean {
    return this.closed;
  }

  get hasStarted(): boolean {
    return this.started;
  }

  get stops(): number {
    return this.stopped.size;
  }

  start(event: Extract<CanonicalEvent, { type: 'start' }>): void {
    if (this.started || this.closed) return;
    this.started = true;
    this.sink(event);
  }

  /** Opens a part and gives its index; -1 where the stream has too many (an error has then been said). */
  startPart(candidate: number, part: Part): number {
    if (this.closed) return -1;
    if (this.next >= PARTS_MAX) {
      this.fail({ class: 'server', message: 'The provider sent a stream of too many parts.', status: null });
      return -1;
    }
    const index = this.next;
    this.next += 1;
    this.open.set(index, {
      candidate,
      type: part.type,
      grown: part.type === 'tool_call' && (part.arguments !== '' || part.custom === true),
    });
    const types = this.emitted.get(candidate);
    if (types === undefined) this.emitted.set(candidate, new Set([part.type]));
    else types.add(part.type);
    this.sink({ type: 'part_start', index, candidate, part });
    return index;
  }

  delta(index: number, text: string, logprobs?: Extract<CanonicalEvent, { type: 'part_delta' }>['logprobs']): void {
    const part = this.open.get(index);
    if (part === undefined || text === '' || this.closed) return;
    part.grown = true;
    this.sink(logprobs === undefined ? { type: 'part_delta', index, text } : { type: 'part_delta', index, text, logprobs });
  }

  note(note: Omit<Extract<CanonicalEvent, { type: 'part_note' }>, 'type'>): void {
    if (!this.closed && this.open.has(note.index)) this.sink({ type: 'part_note', ...note });
  }

  endPart(index: number): void {
    const part = this.open.get(index);
    if (part === undefined || this.closed) return;
    // A tool without arguments: every writer may rely on JSON text.
    if (part.type === 'tool_call' && !part.grown) this.delta(index, '{}');
    this.open.delete(index);
    this.sink({ type: 'part_end', index });
  }

  usage(usage: Usage | null): void {
    if (usage !== null && !this.closed) this.sink({ type: 'usage', usage });
  }

  stop(candidate: number, said: StopReason, extra: { readonly stopSequence?: string } = {}): void {
    if (this.closed || this.stopped.has(candidate)) return;
    for (const [index, part] of this.open) if (part.candidate === candidate) this.endPart(index);
    this.stopped.add(candidate);
    const types = [...(this.emitted.get(candidate) ?? [])].map((type) => ({ type }));
    this.sink({ type: 'stop', candidate, reason: deriveStop(said, types), ...extra });
  }

  fail(error: CanonicalError): void {
    if (this.closed) return;
    this.closed = true;
    this.sink({ type: 'error', error });
  }

  end(): void {
    if (this.closed) return;
    for (const index of this.open.keys()) this.endPart(index);
    this.closed = true;
    this.sink({ type: 'end' });
  }
}
