import type { EventSink, Expectation, StreamReader } from '../canonical/dialect.js';
import { EventEmitter } from '../canonical/event-emitter.js';
import { CUT_OFF, MALFORMED, TOO_LARGE } from '../canonical/stream-failures.js';
import { type SseJson, SseJsonReader } from '../framing/sse-json-reader.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { takeCount, takeNumber, takeObject, takeRest, takeText } from '../json/take.js';
import { readErrorFields } from '../openai-chat/read-canonical-error.js';
import { ItemReader } from './item-reader.js';
import { REPLY_MEMBERS, readStop } from './read-reply.js';
import { readUsage } from './usage.js';

export const createStreamReader = (sink: EventSink, expect: Expectation = {}): StreamReader =>
  new ResponseStreamReader(sink, expect);

/** The events of a response (https://platform.openai.com/docs/api-reference/responses-streaming). */
class ResponseStreamReader implements StreamReader {
  private readonly emitter: EventEmitter;
  private readonly items: ItemReader;
  private readonly frames: SseJsonReader;

  constructor(sink: EventSink, expect: Expectation) {
    this.emitter = new EventEmitter(sink);
    this.items = new ItemReader(this.emitter, expect);
    this.frames = new SseJsonReader((json) => this.read(json));
  }

  push(chunk: Uint8Array): void {
    if (!this.emitter.done) this.frames.push(chunk);
  }

  finish(): void {
    if (this.emitter.done) return;
    this.frames.finish();
    this.emitter.fail(CUT_OFF);
  }

  private read(json: SseJson): void {
    if (this.emitter.done || json === 'done') return;
    if (json === 'malformed') this.emitter.fail(MALFORMED);
    else if (json === 'too_large') this.emitter.fail(TOO_LARGE);
    else this.readEvent(takeText(json['type']) ?? '', json);
  }

  private readEvent(type: string, json: JsonObject): void {
    const response = takeObject(json['response']);
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        this.start(response);
        return;
      case 'response.completed':
      case 'response.incomplete':
        this.end(response);
        return;
      case 'response.failed':
        this.emitter.usage(readUsage(response['usage']));
        this.emitter.fail(readErrorFields(null, response));
        return;
      case 'error':
        // The documented event has its members at the top, the one that is sent has an object.
        this.emitter.fail(readErrorFields(null, isObject(json['error']) ? json : { error: json }));
        return;
      default:
        this.items.read(type, json, takeNumber(json['output_index']) ?? 0);
    }
  }

  private start(response: JsonObject): void {
    this.emitter.start({
      type: 'start',
      id: takeText(response['id']) ?? '',
      model: takeText(response['model']) ?? '',
      createdAt: takeCount(response['created_at']),
      serviceTier: takeText(response['service_tier']),
      rest: takeRest(response, REPLY_MEMBERS),
    });
  }

  private end(response: JsonObject): void {
    this.start(response);
    this.items.finish();
    this.emitter.usage(readUsage(response['usage']));
    this.emitter.stop(0, readStop(response));
    this.emitter.end();
  }
}
