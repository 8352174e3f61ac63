import { decodeUtf8 } from '@tollgate/kernel';

const LINE = /\r\n|\n|\r/;

/** `data` of one event (its lines joined), null where it has none: a comment, a keep-alive. The bytes are a whole event. */
export function readSseData(bytes: Uint8Array, start: number, end: number): string | null {
  const text = decodeUtf8(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
  let data: string | null = null;
  for (const line of text.split(LINE)) {
    if (!line.startsWith('data')) continue;
    const colon = line.charCodeAt(4) === 0x3a;
    if (!colon && line.length > 4) continue;
    const value = line.charCodeAt(5) === 0x20 ? line.slice(6) : line.slice(5);
    data = data === null ? value : `${data}\n${value}`;
  }
  return data;
}
