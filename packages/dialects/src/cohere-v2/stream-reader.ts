import type { EventSink, Expectation, StreamReader } from '../canonical/dialect.js';
import { EventEmitter } from '../canonical/event-emitter.js';
import { unwrapCustomCalls } from '../canonical/free-text-sink.js';
import { CUT_OFF, MALFORMED, TOO_LARGE } from '../canonical/stream-failures.js';
import { type SseJson, SseJsonReader } from '../framing/sse-json-reader.js';
import type { JsonObject } from '../json/json-value.js';
import { takeNumber, takeObject, takeText } from '../json/take.js';
import { readStreamError } from './read-error.js';
import { placeOfCitation, readCitation, readStop, readUsage } from './read-parts.js';

export const createStreamReader = (sink: EventSink, expect: Expectation = {}): StreamReader =>
  new CohereStreamReader(unwrapCustomCalls(sink, expect));

/** A call's arguments are `null` where it has none: held until they can be nothing else than that, or something else. */
interface OpenCall {
  readonly part: number;
  held: string | null;
}

/** Events from `message-start` to `message-end` (https://docs.cohere.com/docs/streaming). */
class CohereStreamReader implements StreamReader {
  private readonly emitter: EventEmitter;
  private readonly frames: SseJsonReader;
  private plan = -1;
  /** The content part that is open, by its place; a text stays so until something else begins, since citations come late. */
  private content: { readonly place: number; readonly part: number; readonly type: 'text' | 'reasoning' } | null = null;
  private readonly calls = new Map<number, OpenCall>();

  constructor(sink: EventSink) {
    this.emitter = new EventEmitter(sink);
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
    if (this.emitter.done) return;
    if (json === 'malformed') this.emitter.fail(MALFORMED);
    else if (json === 'too_large') this.emitter.fail(TOO_LARGE);
    else if (json === 'done') this.emitter.fail(CUT_OFF);
    else if (json['type'] === undefined && typeof json['message'] === 'string')
      this.emitter.fail(readStreamError({ error: json['message'] }));
    else this.readEvent(json);
  }

  private readEvent(event: JsonObject): void {
    const type = takeText(event['type']) ?? '';
    this.emitter.start({ type: 'start', id: takeText(event['id']) ?? '', model: '', createdAt: null });
    const place = takeNumber(event['index']) ?? 0;
    const delta = takeObject(event['delta']);
    const message = takeObject(delta['message']);
    switch (type) {
      case 'content-start':
      case 'content-delta':
        this.grow(place, takeObject(message['content']));
        return;
      case 'tool-plan-delta':
        this.growPlan(takeText(message['tool_plan']) ?? '');
        return;
      case 'tool-call-start':
      case 'tool-call-delta':
        this.growCall(place, takeObject(message['tool_calls']));
        return;
      case 'tool-call-end':
        this.endCall(place);
        return;
      case 'citation-start':
        this.cite(takeObject(message['citations']));
        return;
      case 'message-end':
        this.end(delta);
        return;
      default:
    }
  }

  private grow(place: number, content: JsonObject): void {
    const thinking = takeText(content['thinking']);
    const type = thinking !== undefined || content['type'] === 'thinking' ? 'reasoning' : 'text';
    const text = thinking ?? takeText(content['text']) ?? '';
    // A beginning is empty: what never grows is no part.
    if (text === '') return;
    if (this.content?.place !== place || this.content.type !== type) {
      this.closeTexts();
      this.content = { place, part: this.emitter.startPart(0, { type, text: '' }), type };
    }
    this.emitter.delta(this.content.part, text);
  }

  private growPlan(text: string): void {
    if (text === '') return;
    if (this.plan < 0) {
      this.closeTexts();
      this.plan = this.emitter.startPart(0, { type: 'text', text: '' });
    }
    this.emitter.delta(this.plan, text);
  }

  private growCall(place: number, call: JsonObject): void {
    const fields = takeObject(call['function']);
    const text = takeText(fields['arguments']) ?? '';
    let open = this.calls.get(place);
    if (open === undefined) {
      this.closeTexts();
      const part = {
        type: 'tool_call',
        id: takeText(call['id']) ?? '',
        name: takeText(fields['name']) ?? '',
        arguments: '',
      } as const;
      open = { part: this.emitter.startPart(0, part), held: '' };
      this.calls.set(place, open);
    }
    if (open.held === null) {
      this.emitter.delta(open.part, text);
      return;
    }
    open.held += text;
    if ('null'.startsWith(open.held)) return;
    this.emitter.delta(open.part, open.held);
    open.held = null;
  }

  private endCall(place: number): void {
    const open = this.calls.get(place);
    if (open === undefined) return;
    if (open.held !== null && open.held !== 'null') this.emitter.delta(open.part, open.held);
    open.held = null;
    this.emitter.endPart(open.part);
  }

  private cite(value: JsonObject): void {
    const place = placeOfCitation(value);
    const index = place === 'plan' ? this.plan : this.content?.type === 'text' ? this.content.part : -1;
    if (place !== null && index >= 0) this.emitter.note({ index, citation: readCitation(value) });
  }

  private end(delta: JsonObject): void {
    const reason = takeText(delta['finish_reason']) ?? 'COMPLETE';
    if (reason === 'ERROR' || reason === 'TIMEOUT' || typeof delta['error'] === 'string') {
      this.emitter.fail(readStreamError(delta));
      return;
    }
    for (const place of this.calls.keys()) this.endCall(place);
    this.emitter.usage(readUsage(delta['usage']));
    this.emitter.stop(0, readStop(reason));
    this.emitter.end();
  }

  private closeTexts(): void {
    if (this.content !== null) this.emitter.endPart(this.content.part);
    if (this.plan >= 0) this.emitter.endPart(this.plan);
    this.content = null;
    this.plan = -1;
  }
}
