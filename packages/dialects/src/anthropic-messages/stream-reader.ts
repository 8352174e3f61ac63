import type { EventSink, Expectation, StreamReader } from '../canonical/dialect.js';
import { EventEmitter } from '../canonical/event-emitter.js';
import { unwrapInput } from '../canonical/free-text-tool.js';
import type { Part, Signature } from '../canonical/part.js';
import { isCallProof, signCall } from '../canonical/sign-calls.js';
import { CUT_OFF, MALFORMED, TOO_LARGE } from '../canonical/stream-failures.js';
import { type SseJson, SseJsonReader } from '../framing/sse-json-reader.js';
import type { JsonObject } from '../json/json-value.js';
import { parseJsonText } from '../json/parse-json.js';
import { takeNumber, takeObject, takeRest, takeText } from '../json/take.js';
import { readErrorFields } from './error.js';
import { readCitation, takeBlock } from './read-blocks.js';
import { readRefusal } from './read-reply.js';
import { readThinkingBlock } from './signature.js';
import { readStopWord } from './stop-words.js';
import { mergeUsage, readUsage } from './usage.js';

const MESSAGE = new Set('id type role model content stop_reason stop_sequence stop_details usage'.split(' '));
const BLOCKS_MAX = 10_000;
const INPUT_LENGTH_MAX = 16 * 1024 * 1024;

/** A block that is held back until it is whole: one that other dialects do not know, or the input of a tool of free text. */
interface HeldBlock {
  readonly block: JsonObject;
  readonly index: number | null;
  input: string;
}

export const createStreamReader = (sink: EventSink, expect: Expectation = {}): StreamReader =>
  new MessageStreamReader(sink, expect);

/** The events of a message stream (https://platform.claude.com/docs/en/build-with-claude/streaming). */
class MessageStreamReader implements StreamReader {
  private readonly emitter: EventEmitter;
  private readonly frames: SseJsonReader;
  /** Parts by the vendor's index. */
  private readonly parts = new Map<number, number>();
  private readonly held = new Map<number, HeldBlock>();
  private readonly proofs = new Map<string, Signature>();
  private usage: JsonObject = {};

  constructor(
    sink: EventSink,
    private readonly expect: Expectation,
  ) {
    this.emitter = new EventEmitter(sink);
    this.frames = new SseJsonReader((json) => this.read(json));
  }

  push(chunk: Uint8Array): void {
    if (!this.emitter.done) this.frames.push(chunk);
  }

  finish(): void {
    if (this.emitter.done) return;
    this.frames.finish();
    if (this.emitter.stops > 0) this.emitter.end();
    else this.emitter.fail(CUT_OFF);
  }

  private read(json: SseJson): void {
    if (this.emitter.done || json === 'done') return;
    if (json === 'malformed') {
      this.emitter.fail(MALFORMED);
      return;
    }
    if (json === 'too_large') {
      this.emitter.fail(TOO_LARGE);
      return;
    }
    const index = takeNumber(json['index']) ?? 0;
    switch (json['type']) {
      case 'message_start':
        this.start(takeObject(json['message']));
        return;
      case 'content_block_start':
        this.startBlock(index, takeObject(json['content_block']));
        return;
      case 'content_block_delta':
        this.delta(index, takeObject(json['delta']));
        return;
      case 'content_block_stop':
        this.endBlock(index);
        return;
      case 'message_delta':
        this.stop(json);
        return;
      case 'message_stop':
        this.emitter.stops > 0 ? this.emitter.end() : this.emitter.fail(CUT_OFF);
        return;
      case 'error':
        this.emitter.fail(readErrorFields(null, json));
        return;
      default:
      // `ping`, and what Anthropic may add: https://platform.claude.com/docs/en/api/versioning
    }
  }

  private start(message: JsonObject): void {
    this.usage = mergeUsage({}, message['usage']);
    const serviceTier = takeText(this.usage['service_tier']);
    const start = {
      type: 'start',
      id: takeText(message['id']) ?? '',
      model: takeText(message['model']) ?? '',
      createdAt: null,
    } as const;
    this.emitter.start({ ...start, serviceTier, rest: takeRest(message, MESSAGE) });
    this.emitter.usage(readUsage(this.usage));
  }

  private startBlock(index: number, block: JsonObject): void {
    if (this.parts.size + this.held.size + this.proofs.size >= BLOCKS_MAX) {
      this.emitter.fail(TOO_LARGE);
      return;
    }
    const part = signCall(takeBlock(block), this.proofs);
    if (isCallProof(part)) {
      this.proofs.set(part.id, part.encrypted);
      return;
    }
    if (part.type === 'opaque') {
      this.held.set(index, { block, index: null, input: '' });
      return;
    }
    this.parts.set(index, this.emitter.startPart(0, this.opened(part, index, block)));
    // A vendor that speaks this dialect may put the first text here.
    if (part.type === 'text' || part.type === 'reasoning') this.emitter.delta(this.partAt(index), part.text);
  }

  /** The part as it is at its start: its text and arguments empty, which the deltas fill. */
  private opened(part: Part, index: number, block: JsonObject): Part {
    if (part.type === 'text') return part.citations ? part : { ...part, text: '' };
    if (part.type === 'reasoning') return { ...part, text: '' };
    if (part.type !== 'tool_call') return part;
    if (part.name === this.expect.jsonTool) return { type: 'text', text: '' };
    const custom = this.expect.customTools?.includes(part.name);
    if (custom) this.held.set(index, { block, index: -1, input: '' });
    const started = part.arguments === '{}' ? '' : part.arguments;
    return custom ? { ...part, arguments: '', custom: true } : { ...part, arguments: started };
  }

  private partAt(index: number): number {
    return this.parts.get(index) ?? -1;
  }

  private delta(index: number, delta: JsonObject): void {
    const at = this.partAt(index);
    switch (delta['type']) {
      case 'text_delta':
        this.emitter.delta(at, takeText(delta['text']) ?? '');
        return;
      case 'thinking_delta':
        this.emitter.delta(at, takeText(delta['thinking']) ?? '');
        return;
      case 'input_json_delta':
        this.input(index, takeText(delta['partial_json']) ?? '');
        return;
      case 'signature_delta': {
        const { signature, encrypted, id } = readThinkingBlock('', takeText(delta['signature']));
        if (signature ?? encrypted) this.emitter.note({ index: at, signature, encrypted, id });
        return;
      }
      case 'citations_delta':
        this.emitter.note({ index: at, citation: readCitation(delta['citation'] ?? null) });
        return;
      default:
    }
  }

  private input(index: number, text: string): void {
    const held = this.held.get(index);
    if (held === undefined) {
      this.emitter.delta(this.partAt(index), text);
      return;
    }
    held.input += text;
    if (held.input.length > INPUT_LENGTH_MAX) this.emitter.fail(TOO_LARGE);
  }

  private endBlock(index: number): void {
    const held = this.held.get(index);
    this.held.delete(index);
    if (held !== undefined && held.index === null) {
      const input = held.input === '' ? undefined : parseJsonText(held.input);
      const value = input === undefined ? held.block : { ...held.block, input };
      const kind = takeText(value['type']) ?? 'unknown';
      const part = this.emitter.startPart(0, { type: 'opaque', dialect: 'anthropic-messages', kind, value });
      this.emitter.endPart(part);
      return;
    }
    if (held !== undefined) this.emitter.delta(this.partAt(index), unwrapInput(held.input));
    this.emitter.endPart(this.partAt(index));
    this.parts.delete(index);
  }

  private stop(json: JsonObject): void {
    const delta = takeObject(json['delta']);
    this.usage = mergeUsage(this.usage, json['usage']);
    this.emitter.usage(readUsage(this.usage));
    const refusal = readRefusal(delta['stop_details']);
    if (refusal !== null) this.emitter.endPart(this.emitter.startPart(0, refusal));
    const reason = takeText(delta['stop_reason']);
    if (reason === undefined) return;
    const stopSequence = takeText(delta['stop_sequence']);
    this.emitter.stop(0, readStopWord(reason), stopSequence === undefined ? {} : { stopSequence });
  }
}
