import type { EventSink, Expectation, StreamReader } from '../canonical/dialect.js';
import { EventEmitter } from '../canonical/event-emitter.js';
import { CUT_OFF, MALFORMED, TOO_LARGE } from '../canonical/stream-failures.js';
import { type SseJson, SseJsonReader } from '../framing/sse-json-reader.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { takeArray, takeNumber, takeObject, takeRest, takeText } from '../json/take.js';
import { AnswerIds } from './call-ids.js';
import { CandidateReader } from './candidate-reader.js';
import { readErrorFields } from './error.js';
import { REPLY_MEMBERS } from './read-reply.js';
import { readUsage } from './usage.js';

const CANDIDATES_MAX = 128;

export const createStreamReader = (sink: EventSink, expect: Expectation = {}): StreamReader =>
  new ContentStreamReader(sink, expect);

/** `streamGenerateContent?alt=sse`: each event is a response with what is new; the end is the end of the connection. */
class ContentStreamReader implements StreamReader {
  private readonly emitter: EventEmitter;
  private readonly frames: SseJsonReader;
  private readonly candidates = new Map<number, CandidateReader>();
  private readonly ids = new AnswerIds(() => this.id);
  private id = '';

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
    const whole = this.candidates.size > 0 && this.emitter.stops === this.candidates.size;
    if (whole) this.emitter.end();
    else this.emitter.fail(CUT_OFF);
  }

  private read(json: SseJson): void {
    if (this.emitter.done || json === 'done') return;
    if (json === 'malformed') this.emitter.fail(MALFORMED);
    else if (json === 'too_large') this.emitter.fail(TOO_LARGE);
    else if (isObject(json['error'])) this.emitter.fail(readErrorFields(null, json));
    else this.readResponse(json);
  }

  private readResponse(response: JsonObject): void {
    if (this.id === '') this.id = takeText(response['responseId']) ?? '';
    this.emitter.start({
      type: 'start',
      id: this.id,
      model: takeText(response['modelVersion']) ?? '',
      createdAt: null,
      rest: takeRest(response, REPLY_MEMBERS),
    });
    const candidates = takeArray(response['candidates']).map(takeObject);
    for (const candidate of candidates) this.readCandidate(candidate);
    this.emitter.usage(readUsage(response['usageMetadata']));
    // A prompt that was refused has no candidate.
    const blocked = takeText(takeObject(response['promptFeedback'])['blockReason']);
    if (blocked !== undefined && candidates.length === 0) this.readCandidate({ finishReason: 'SAFETY' });
  }

  private readCandidate(candidate: JsonObject): void {
    const index = Math.trunc(takeNumber(candidate['index']) ?? 0);
    if (index < 0 || index >= CANDIDATES_MAX) return;
    let reader = this.candidates.get(index);
    if (reader === undefined) {
      reader = new CandidateReader(this.emitter, index, this.ids, this.expect);
      this.candidates.set(index, reader);
    }
    reader.read(candidate);
  }
}
