import type { Usage } from '@tollgate/contracts';
import type { CanonicalEvent } from '../canonical/canonical-event.js';
import type { ReplyContext, StreamWriter } from '../canonical/dialect.js';
import { Drops } from '../canonical/drops.js';
import type { Part, Signature } from '../canonical/part.js';
import { TextOut } from '../canonical/text-out.js';
import type { JsonObject } from '../json/json-value.js';
import { writeLogprobs } from './logprobs.js';
import { writeStopWord } from './stop-words.js';
import { envelopeOf } from './write-canonical-error.js';
import { writeCitation, writeDetails } from './write-parts.js';
import { writeUsage } from './write-usage.js';

interface OpenPart {
  readonly candidate: number;
  readonly type: Part['type'];
  /** Place in `tool_calls`, or of the thought in `reasoning_details`. */
  readonly place: number;
  readonly custom: boolean;
  readonly id?: string;
  length: number;
  /** Of a thought, to be repeated whole beside its proof. */
  thought: string;
  signature?: Signature;
  encrypted?: Signature;
}

type Of<Type extends CanonicalEvent['type']> = Extract<CanonicalEvent, { type: Type }>;

export const createStreamWriter = (context: ReplyContext): StreamWriter => new ChatStreamWriter(context);

/** Events as chunks of a chat completion, `[DONE]` at the end. */
class ChatStreamWriter implements StreamWriter {
  private readonly out = new TextOut();
  private readonly drops = new Drops();
  private readonly parts = new Map<number, OpenPart>();
  private readonly begun = new Set<number>();
  private readonly calls = new Map<number, number>();
  private readonly thoughts = new Map<number, number>();
  private readonly refused = new Set<number>();
  private usage: Usage | null = null;
  /** `"id":...,"object":...,"created":...,"model":...`, the same in each chunk. */
  private head = '';

  constructor(private readonly context: ReplyContext) {}

  take(): Uint8Array {
    return this.out.take();
  }

  dropped(): readonly string[] {
    return this.drops.names();
  }

  write(event: CanonicalEvent): void {
    switch (event.type) {
      case 'start':
        this.start(event);
        return;
      case 'part_start':
        this.startPart(event);
        return;
      case 'part_delta':
        this.delta(event);
        return;
      case 'part_note':
        this.note(event);
        return;
      case 'part_end':
        this.endPart(event.index);
        return;
      case 'usage':
        this.usage = event.usage;
        return;
      case 'stop':
        this.choice(event.candidate, {}, writeStopWord(event.reason, this.refused.has(event.candidate)));
        return;
      case 'error':
        // No [DONE] after it: the answer is not whole.
        this.out.add(`data: ${envelopeOf(event.error)}\n\n`);
        return;
      case 'end':
        this.end();
        return;
    }
  }

  private start(event: Of<'start'>): void {
    const head = {
      id: event.id || this.context.id,
      object: 'chat.completion.chunk',
      created: event.createdAt ?? this.context.now,
      model: event.model || this.context.model,
    };
    this.head = JSON.stringify(head).slice(0, -1);
  }

  private startPart({ index, candidate, part }: Of<'part_start'>): void {
    const open = { candidate, type: part.type, place: this.placeOf(part.type, candidate), custom: false, length: 0, thought: '' };
    if (part.type === 'tool_call') {
      this.parts.set(index, { ...open, custom: part.custom === true });
      const called = { name: part.name, [part.custom ? 'input' : 'arguments']: part.arguments };
      const call: JsonObject = {
        index: open.place,
        id: part.id,
        type: part.custom ? 'custom' : 'function',
        [part.custom ? 'custom' : 'function']: called,
        extra_content: part.signature?.format === 'google' ? { google: { thought_signature: part.signature.data } } : undefined,
      };
      this.choice(candidate, { tool_calls: [call] });
      return;
    }
    this.parts.set(index, open);
    if (part.type === 'reasoning') {
      this.parts.set(index, { ...open, id: part.id, signature: part.signature, encrypted: part.encrypted });
      if (part.text !== '') this.delta({ type: 'part_delta', index, text: part.text });
    } else if (part.type === 'text' || part.type === 'refusal') {
      if (part.type === 'refusal') this.refused.add(candidate);
      if (part.text !== '') this.delta({ type: 'part_delta', index, text: part.text });
    } else this.drops.add(part.type === 'opaque' ? part.kind : part.type);
  }

  /** A thought with its proof, whole, so that a client which gives `reasoning_details` back gives back what was signed. */
  private endPart(index: number): void {
    const part = this.parts.get(index);
    this.parts.delete(index);
    if (part?.signature === undefined && part?.encrypted === undefined) return;
    const { thought, signature, encrypted, id } = part;
    this.choice(part.candidate, { reasoning_details: writeDetails({ text: thought, signature, encrypted, id }, part.place) });
  }

  private placeOf(type: Part['type'], candidate: number): number {
    const counts = type === 'tool_call' ? this.calls : this.thoughts;
    if (type !== 'tool_call' && type !== 'reasoning') return 0;
    const place = counts.get(candidate) ?? 0;
    counts.set(candidate, place + 1);
    return place;
  }

  private delta({ index, text, logprobs }: Of<'part_delta'>): void {
    const part = this.parts.get(index);
    if (part === undefined) return;
    part.length += text.length;
    switch (part.type) {
      case 'text':
        this.choice(part.candidate, { content: text }, null, logprobs === undefined ? undefined : writeLogprobs(logprobs));
        return;
      case 'refusal':
        this.choice(part.candidate, { refusal: text });
        return;
      case 'reasoning':
        part.thought += text;
        this.choice(part.candidate, { reasoning_content: text });
        return;
      case 'tool_call': {
        const call = part.custom
          ? { index: part.place, custom: { input: text } }
          : { index: part.place, function: { arguments: text } };
        this.choice(part.candidate, { tool_calls: [call] });
        return;
      }
      default:
    }
  }

  private note({ index, citation, signature, encrypted }: Of<'part_note'>): void {
    const part = this.parts.get(index);
    if (part === undefined) return;
    if (citation !== undefined) {
      const written = writeCitation(citation, part.length);
      if (written === null) this.drops.add('citations');
      else if (typeof written !== 'string') this.choice(part.candidate, { annotations: [written] });
    }
    if (signature === undefined && encrypted === undefined) return;
    if (part.type === 'reasoning') {
      part.signature = signature ?? part.signature;
      part.encrypted = encrypted ?? part.encrypted;
      return;
    }
    if (part.type === 'tool_call' && signature?.format === 'google') {
      const extra = { extra_content: { google: { thought_signature: signature.data } } };
      this.choice(part.candidate, { tool_calls: [{ index: part.place, function: {}, ...extra }] });
      return;
    }
    this.drops.add('signature');
  }

  private choice(candidate: number, delta: JsonObject, finish: string | null = null, logprobs: JsonObject | null = null): void {
    let shown = delta;
    if (!this.begun.has(candidate)) {
      this.begun.add(candidate);
      // Clients build the message from the first delta.
      shown = { role: 'assistant', content: delta['content'] ?? ('tool_calls' in delta ? null : ''), refusal: null, ...delta };
    }
    const choice = JSON.stringify({ index: candidate, delta: shown, logprobs, finish_reason: finish });
    this.out.add(`data: ${this.head},"choices":[${choice}]${this.context.includeUsage ? ',"usage":null' : ''}}\n\n`);
  }

  private end(): void {
    if (this.context.includeUsage && this.usage !== null)
      this.out.add(`data: ${this.head},"choices":[],"usage":${JSON.stringify(writeUsage(this.usage))}}\n\n`);
    this.out.add('data: [DONE]\n\n');
  }
}
