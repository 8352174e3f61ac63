import { isObject, type JsonObject } from '../json/json-value.js';
import { parseJsonText } from '../json/parse-json.js';
import { SseSplitter } from './sse.js';
import { readSseData } from './sse-data.js';

export type SseJson = JsonObject | 'done' | 'malformed' | 'too_large';

/** Reads a server-sent event stream of JSON objects; says `done` at OpenAI's `[DONE]`, and `malformed` of an event that is none. */
export class SseJsonReader {
  private readonly splitter: SseSplitter;
  private broken = false;

  constructor(private readonly onJson: (json: SseJson) => void) {
    this.splitter = new SseSplitter({
      onEvent: (bytes, start, end) => this.read(bytes, start, end),
      onTail: () => {},
    });
  }

  push(chunk: Uint8Array): void {
    if (this.broken || this.splitter.push(chunk)) return;
    this.broken = true;
    this.onJson('too_large');
  }

  /** Some vendors end their last event with the connection instead of a blank line. */
  finish(): void {
    if (this.broken) return;
    const rest = this.splitter.rest();
    if (rest.length > 0) this.read(rest, 0, rest.length);
  }

  private read(bytes: Uint8Array, start: number, end: number): void {
    const data = readSseData(bytes, start, end);
    if (data === null || data === '') return;
    if (data === '[DONE]') {
      this.onJson('done');
      return;
    }
    const json = parseJsonText(data);
    this.onJson(isObject(json) ? json : 'malformed');
  }
}
