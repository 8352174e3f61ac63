import type { EventSink, Expectation, StreamReader } from '../canonical/dialect.js';
import { EventEmitter } from '../canonical/event-emitter.js';
import { CUT_OFF, MALFORMED, TOO_LARGE } from '../canonical/stream-failures.js';
import { type SseJson, SseJsonReader } from '../framing/sse-json-reader.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { takeArray, takeCount, takeNumber, takeObject, takeRest, takeText } from '../json/take.js';
import { ChoiceReader } from './choice-reader.js';
import { readErrorFields } from './read-canonical-error.js';
import { REPLY_MEMBERS } from './read-reply.js';
import { readUsageOf } from './read-usage.js';

const CHOICES_MAX = 128;

export const createStreamReader = (sink: EventSink, expect: Expectation = {}): StreamReader => new ChatStreamReader(sink, expect);

/** Chunks of a chat completion (https://platform.openai.com/docs/api-reference/chat/streaming) as events. */
class ChatStreamReader implements StreamReader {
  private readonly emitter: EventEmitter;
  private readonly frames: SseJsonReader;
  private readonly choices = new Map<number, ChoiceReader>();

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
    // Not every vendor says [DONE]; a finish reason for each choice is as good.
    if (this.choices.size > 0 && this.emitter.stops === this.choices.size) this.emitter.end();
    else this.emitter.fail(CUT_OFF);
  }

  private read(json: SseJson): void {
    if (this.emitter.done) return;
    if (json === 'done') this.readDone();
    else if (json === 'malformed') this.emitter.fail(MALFORMED);
    else if (json === 'too_large') this.emitter.fail(TOO_LARGE);
    else if (isObject(json['error']) || typeof json['error'] === 'string' || json['object'] === 'error')
      // Mistral and vLLM write the error itself where a chunk stands.
      this.emitter.fail(readErrorFields(null, json));
    else this.readChunk(json);
  }

  private readDone(): void {
    if (!this.emitter.hasStarted) {
      this.emitter.fail(CUT_OFF);
      return;
    }
    for (const choice of this.choices.values()) choice.finish();
    this.emitter.end();
  }

  private readChunk(chunk: JsonObject): void {
    const choices = takeArray(chunk['choices']);
    // Azure begins with a chunk of the prompt's filter results that has neither choices nor an id.
    if (!this.emitter.hasStarted && choices.length === 0 && !takeText(chunk['id'])) return;
    this.emitter.start({
      type: 'start',
      id: takeText(chunk['id']) ?? '',
      model: takeText(chunk['model']) ?? '',
      createdAt: takeCount(chunk['created']),
      serviceTier: takeText(chunk['service_tier']),
      rest: takeRest(chunk, REPLY_MEMBERS),
    });
    for (const entry of choices) {
      const choice = takeObject(entry);
      const index = Math.trunc(takeNumber(choice['index']) ?? 0);
      if (index < 0 || index >= CHOICES_MAX) continue;
      let reader = this.choices.get(index);
      if (reader === undefined) {
        reader = new ChoiceReader(this.emitter, index, this.expect);
        this.choices.set(index, reader);
      }
      reader.read(choice, chunk);
    }
    this.emitter.usage(readUsageOf(chunk));
  }
}
