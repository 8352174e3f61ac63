import { concatBytes, decodeUtf8 } from '@tollgate/kernel';
import { isObject, type JsonObject } from '../json/json-value.js';
import { parseJsonText } from '../json/parse-json.js';

export type JsonLine = JsonObject | 'malformed' | 'too_large';

const LINE_FEED = 0x0a;
const LINE_BYTES_MAX = 4 * 1024 * 1024;

/** Reads a stream of one JSON object a line (https://github.com/ndjson/ndjson-spec), cut anywhere; empty lines are passed over. */
export class JsonLinesReader {
  private parts: Uint8Array[] = [];
  private length = 0;
  private broken = false;

  constructor(
    private readonly onJson: (json: JsonLine) => void,
    private readonly lineBytesMax: number = LINE_BYTES_MAX,
  ) {}

  push(chunk: Uint8Array): void {
    let start = 0;
    while (!this.broken) {
      const end = chunk.indexOf(LINE_FEED, start);
      this.add(chunk.subarray(start, end < 0 ? chunk.length : end));
      if (end < 0) return;
      this.flush();
      start = end + 1;
    }
  }

  /** The last line may end with the connection. */
  finish(): void {
    if (!this.broken) this.flush();
  }

  private add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.length += bytes.length;
    if (this.length <= this.lineBytesMax) {
      this.parts.push(bytes);
      return;
    }
    this.broken = true;
    this.parts = [];
    this.onJson('too_large');
  }

  private flush(): void {
    const [only] = this.parts;
    if (this.broken || only === undefined) return;
    const text = decodeUtf8(this.parts.length === 1 ? only : concatBytes(this.parts)).trim();
    this.parts = [];
    this.length = 0;
    if (text === '') return;
    const json = parseJsonText(text);
    this.onJson(isObject(json) ? json : 'malformed');
  }
}
