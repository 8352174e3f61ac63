import { createReadStream } from 'node:fs';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

const LINE_FEED = 0x0a;
/** Far above the largest event (a request body is at most 1 MiB): what is longer is no line of an export. */
const LINE_BYTES_MAX = 16 * 1_048_576;

/** The lines of one piece of the file; `trouble` says why the last of them is none. */
export interface Lines {
  readonly lines: readonly string[];
  readonly trouble: string | null;
}

/** The bytes of a file, or of standard input for `-`; unpacked where they begin as gzip does, whatever the name says. */
export async function* readBytes(path: string, stdin: Readable): AsyncGenerator<Buffer> {
  const source = path === '-' ? stdin : createReadStream(path, { highWaterMark: 262_144 });
  const iterator = source[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
  let first = Buffer.alloc(0);
  while (first.length < 2) {
    const { value, done } = await iterator.next();
    if (done) break;
    first = Buffer.concat([first, value]);
  }
  const whole = async function* (): AsyncGenerator<Buffer> {
    yield first;
    yield* iterator;
  };
  if (first[0] !== 0x1f || first[1] !== 0x8b) {
    yield* whole();
    return;
  }
  const unpacked = new PassThrough();
  const done = pipeline(whole, createGunzip(), unpacked);
  // Awaited below; until then it must not count as unhandled.
  done.catch(() => undefined);
  yield* unpacked as AsyncIterable<Buffer> as AsyncGenerator<Buffer>;
  await done;
}

/** Cuts at line feeds; holds at most one line. Every line has its end, the last one too. */
export async function* readLines(bytes: AsyncIterable<Buffer>): AsyncGenerator<Lines> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const piece of bytes) {
    const lines: string[] = [];
    let from = 0;
    for (let at = piece.indexOf(LINE_FEED); at >= 0; at = piece.indexOf(LINE_FEED, from)) {
      const end = piece.subarray(from, at);
      const line = rest.length === 0 ? end : Buffer.concat([...rest, end]);
      rest = [];
      restBytes = 0;
      from = at + 1;
      try {
        lines.push(decoder.decode(line));
      } catch {
        yield { lines, trouble: 'the line is not UTF-8' };
        return;
      }
    }
    if (from < piece.length) {
      rest.push(piece.subarray(from));
      restBytes += piece.length - from;
    }
    if (restBytes > LINE_BYTES_MAX) {
      yield { lines, trouble: `the line has more than ${LINE_BYTES_MAX} bytes` };
      return;
    }
    yield { lines, trouble: null };
  }
  if (restBytes > 0) yield { lines: [], trouble: 'the line has no end: the file was cut off here' };
}
