import { closeSync, openSync, readSync } from 'node:fs';
import { LINE_FEED, type LineKind, readLine } from './line.js';

export interface SegmentEntry {
  /** `damaged`: bytes that are no line; a torn tail looks like this too. */
  readonly kind: LineKind | 'damaged';
  /** Valid until the next entry is asked for. */
  readonly payload: Buffer;
  /** Offsets in the file. */
  readonly start: number;
  readonly end: number;
}

const CHUNK_BYTES = 256 * 1024;

/**
 * The entries of a segment from `from` up to `to` (default: the file's end as it is found), read piece by piece. Damage is
 * skipped up to the next line feed.
 */
export function* readSegment(path: string, from = 0, to = Number.POSITIVE_INFINITY): Generator<SegmentEntry> {
  const file = openSync(path, 'r');
  try {
    yield* entries(file, from, to);
  } finally {
    closeSync(file);
  }
}

function* entries(file: number, from: number, to: number): Generator<SegmentEntry> {
  let held: Buffer = Buffer.alloc(0);
  let base = from;
  let cursor = 0;
  let wanted = CHUNK_BYTES;
  for (;;) {
    const size = Math.min(wanted, to - base - held.length);
    const more = size > 0 ? readPiece(file, base + held.length, size) : null;
    if (more !== null) held = held.length === 0 ? more : Buffer.concat([held, more]);
    wanted = CHUNK_BYTES;
    const last = more === null;
    while (cursor < held.length) {
      const line = readLine(held, cursor);
      if (line.status === 'short' && !last) {
        wanted = Math.max(CHUNK_BYTES, line.needed);
        break;
      }
      let end: number;
      if (line.status === 'whole') end = line.end;
      else {
        const feed = held.indexOf(LINE_FEED, cursor);
        if (feed < 0 && !last) break;
        end = feed < 0 ? held.length : feed + 1;
      }
      const whole = line.status === 'whole';
      const payload = whole ? line.payload : held.subarray(cursor, end);
      yield { kind: whole ? line.kind : 'damaged', payload, start: base + cursor, end: base + end };
      cursor = end;
    }
    if (last) return;
    held = held.subarray(cursor);
    base += cursor;
    cursor = 0;
  }
}

function readPiece(file: number, position: number, size: number): Buffer | null {
  const piece = Buffer.allocUnsafe(size);
  const count = readSync(file, piece, 0, size, position);
  return count === 0 ? null : piece.subarray(0, count);
}
