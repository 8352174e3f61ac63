import type { Expectation } from '../canonical/dialect.js';
import type { EventEmitter } from '../canonical/event-emitter.js';
import type { Part, Signature } from '../canonical/part.js';
import { isCallProof, signCall } from '../canonical/sign-calls.js';
import { TOO_LARGE } from '../canonical/stream-failures.js';
import type { JsonObject } from '../json/json-value.js';
import { takeArray, takeNumber, takeObject, takeText } from '../json/take.js';
import { Unwanted } from '../json/want.js';
import { readLogprobs } from '../openai-chat/logprobs.js';
import { readCitation } from './read-content.js';
import { readCall, readReasoning } from './read-items.js';

const ITEMS_MAX = 10_000;

interface OpenItem {
  /** Parts by the place of the content in the item. */
  readonly parts: Map<number, { readonly index: number; length: number }>;
  summary: number;
}

/** The items of a streamed response: which are open, and what an event adds to them. */
export class ItemReader {
  private readonly items = new Map<number, OpenItem>();
  private readonly proofs = new Map<string, Signature>();

  constructor(
    private readonly emitter: EventEmitter,
    private readonly expect: Expectation,
  ) {}

  read(type: string, json: JsonObject, place: number): void {
    const content = takeNumber(json['content_index']) ?? 0;
    switch (type) {
      case 'response.output_item.added':
        this.startItem(takeObject(json['item']), place);
        return;
      case 'response.output_text.delta':
        this.grow(place, content, { type: 'text', text: '' }, json);
        return;
      case 'response.refusal.delta':
        this.grow(place, content, { type: 'refusal', text: '' }, json);
        return;
      case 'response.reasoning_summary_text.delta':
        this.growSummary(place, takeNumber(json['summary_index']) ?? 0, json);
        return;
      case 'response.reasoning_text.delta':
        this.grow(place, 0, { type: 'reasoning', text: '' }, json);
        return;
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        this.grow(place, 0, null, json);
        return;
      case 'response.output_text.annotation.added': {
        const part = this.items.get(place)?.parts.get(content);
        if (part !== undefined) this.emitter.note({ index: part.index, citation: readCitation(json['annotation'] ?? null) });
        return;
      }
      case 'response.output_item.done':
        this.endItem(takeObject(json['item']), place);
        return;
      default:
      // What repeats a delta (`*.done`), and the progress of tools that the vendor runs.
    }
  }

  finish(): void {
    for (const item of this.items.values()) for (const part of item.parts.values()) this.emitter.endPart(part.index);
    this.items.clear();
  }

  private startItem(item: JsonObject, place: number): void {
    if (this.items.size >= ITEMS_MAX) {
      this.emitter.fail(TOO_LARGE);
      return;
    }
    const open: OpenItem = { parts: new Map(), summary: 0 };
    this.items.set(place, open);
    const part = takePart(item);
    if (part?.type === 'tool_call') {
      const unwrapped = part.name === this.expect.jsonTool;
      const started: Part = unwrapped
        ? { type: 'text', text: '' }
        : { ...signCall(part, this.proofs), arguments: '', rest: undefined };
      open.parts.set(0, { index: this.emitter.startPart(0, started), length: 0 });
    }
  }

  private openPart(place: number, content: number, part: Part | null): { readonly index: number; length: number } | null {
    let item = this.items.get(place);
    if (item === undefined) {
      if (this.items.size >= ITEMS_MAX) return null;
      item = { parts: new Map(), summary: 0 };
      this.items.set(place, item);
    }
    const open = item.parts.get(content);
    if (open !== undefined) return open;
    if (part === null || item.parts.size >= ITEMS_MAX) return null;
    const started = { index: this.emitter.startPart(0, part), length: 0 };
    item.parts.set(content, started);
    return started;
  }

  private grow(place: number, content: number, part: Part | null, json: JsonObject): void {
    const text = takeText(json['delta']) ?? '';
    const open = this.openPart(place, content, part);
    if (open === null) return;
    open.length += text.length;
    this.emitter.delta(open.index, text, readLogprobs({ content: json['logprobs'] ?? null }));
  }

  /** Pieces of a summary are told apart by an empty line. */
  private growSummary(place: number, piece: number, json: JsonObject): void {
    const open = this.openPart(place, 0, { type: 'reasoning', text: '' });
    const item = this.items.get(place);
    if (open === null || item === undefined) return;
    if (piece > item.summary) {
      if (open.length > 0) {
        this.emitter.delta(open.index, '\n\n');
        open.length += 2;
      }
      item.summary = piece;
    }
    this.grow(place, 0, null, json);
  }

  /** The whole item: it fills in what no delta said. */
  private endItem(item: JsonObject, place: number): void {
    const open = this.items.get(place);
    this.items.delete(place);
    if (item['type'] === 'message') this.endMessage(item, open);
    else {
      const part = takePart(item);
      if (part === null) {
        const kind = takeText(item['type']) ?? 'unknown';
        this.whole({ type: 'opaque', dialect: 'openai-responses', kind, value: item });
      } else if (part.type === 'reasoning') this.endReasoning(part, open);
      else if (part.type === 'tool_call') this.complete(signCall(part, this.proofs), part.arguments, open?.parts.get(0));
    }
    for (const { index } of open?.parts.values() ?? []) this.emitter.endPart(index);
  }

  private endMessage(item: JsonObject, open: OpenItem | undefined): void {
    takeArray(item['content']).forEach((entry, content) => {
      const part = takeObject(entry);
      if (part['type'] === 'refusal')
        this.complete({ type: 'refusal', text: '' }, takeText(part['refusal']) ?? '', open?.parts.get(content));
      else this.complete({ type: 'text', text: '' }, takeText(part['text']) ?? '', open?.parts.get(content));
    });
  }

  private endReasoning(part: Extract<Part, { type: 'reasoning' }>, open: OpenItem | undefined): void {
    if (isCallProof(part) && this.proofs.size < ITEMS_MAX) {
      this.proofs.set(part.id, part.encrypted);
      return;
    }
    const started = open?.parts.get(0);
    // Nothing to show and nothing to give back.
    if (started === undefined && part.text === '' && part.encrypted === undefined && part.signature === undefined) return;
    if (started === undefined) this.whole(part);
    else {
      const { signature, encrypted, id } = part;
      this.emitter.note({ index: started.index, signature, encrypted, id });
    }
  }

  private complete(part: Part, text: string, open: { readonly index: number; length: number } | undefined): void {
    if (open === undefined) {
      if (text !== '' || part.type === 'tool_call') {
        const index = this.emitter.startPart(0, part.type === 'tool_call' ? { ...part, arguments: '' } : part);
        this.emitter.delta(index, text);
        this.emitter.endPart(index);
      }
    } else if (text.length > open.length) {
      this.emitter.delta(open.index, text.slice(open.length));
      open.length = text.length;
    }
  }

  private whole(part: Part): void {
    this.emitter.endPart(this.emitter.startPart(0, part));
  }
}

/** The part of an item that is one; null for a message and for what only this dialect knows. */
function takePart(item: JsonObject): Part | null {
  try {
    if (item['type'] === 'reasoning') return readReasoning(item);
    if (item['type'] === 'function_call' || item['type'] === 'custom_tool_call') return readCall(item, 'item');
  } catch (error) {
    if (!(error instanceof Unwanted)) throw error;
  }
  return null;
}
