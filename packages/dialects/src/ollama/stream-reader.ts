import type { EventSink, Expectation, StreamReader } from '../canonical/dialect.js';
import { EventEmitter } from '../canonical/event-emitter.js';
import { unwrapCustom } from '../canonical/free-text-tool.js';
import type { Part } from '../canonical/part.js';
import { CUT_OFF, MALFORMED, TOO_LARGE } from '../canonical/stream-failures.js';
import { type JsonLine, JsonLinesReader } from '../framing/json-lines-reader.js';
import type { JsonObject } from '../json/json-value.js';
import { takeArray, takeObject, takeText } from '../json/take.js';
import { readStreamError } from './read-error.js';
import { readCall, readStop, readTime, readTokens, readUsage } from './read-parts.js';

export const createStreamReader = (sink: EventSink, expect: Expectation = {}): StreamReader =>
  new OllamaStreamReader(sink, expect);

/** A stream of answers, one a line, each with what is new (https://docs.ollama.com/api/streaming); `done` ends it. */
class OllamaStreamReader implements StreamReader {
  private readonly emitter: EventEmitter;
  private readonly lines: JsonLinesReader;
  private open: { readonly type: 'text' | 'reasoning'; readonly index: number } | null = null;
  private calls = 0;

  constructor(
    sink: EventSink,
    private readonly expect: Expectation,
  ) {
    this.emitter = new EventEmitter(sink);
    this.lines = new JsonLinesReader((json) => this.read(json));
  }

  push(chunk: Uint8Array): void {
    if (!this.emitter.done) this.lines.push(chunk);
  }

  finish(): void {
    if (this.emitter.done) return;
    this.lines.finish();
    this.emitter.fail(CUT_OFF);
  }

  private read(json: JsonLine): void {
    if (this.emitter.done) return;
    if (json === 'malformed') this.emitter.fail(MALFORMED);
    else if (json === 'too_large') this.emitter.fail(TOO_LARGE);
    // An error after a 200 is a line of its own.
    else if (json['error'] !== undefined && json['error'] !== null) this.emitter.fail(readStreamError(json));
    else this.readAnswer(json);
  }

  private readAnswer(line: JsonObject): void {
    const model = takeText(line['model']) ?? '';
    this.emitter.start({ type: 'start', id: '', model, createdAt: readTime(line['created_at']) });
    const message = takeObject(line['message']);
    this.grow('reasoning', takeText(message['thinking']) ?? '');
    this.grow('text', takeText(message['content']) ?? '', line);
    for (const call of takeArray(message['tool_calls'])) this.addCall(takeObject(call), line);
    if (line['done'] !== true) return;
    this.emitter.usage(readUsage(line));
    this.emitter.stop(0, readStop(line['done_reason']));
    this.emitter.end();
  }

  private grow(type: 'text' | 'reasoning', text: string, line?: JsonObject): void {
    if (text === '') return;
    if (this.open?.type !== type) {
      this.close();
      this.open = { type, index: this.emitter.startPart(0, { type, text: '' }) };
    }
    this.emitter.delta(this.open.index, text, line === undefined ? undefined : readTokens(line));
  }

  private addCall(call: JsonObject, line: JsonObject): void {
    this.close();
    const part = unwrapCustom(readCall(call, line['created_at'], this.calls), this.expect);
    this.calls += 1;
    if (part.type !== 'tool_call') return;
    const empty: Part = { ...part, arguments: '' };
    const index = this.emitter.startPart(0, empty);
    this.emitter.delta(index, part.arguments);
    this.emitter.endPart(index);
  }

  private close(): void {
    if (this.open !== null) this.emitter.endPart(this.open.index);
    this.open = null;
  }
}
