import { crc32 } from 'node:zlib';

/**
 * One line of a segment: `<kind> <crc32> <length> <payload>\n`, the numbers as 8 hex digits. The payload is JSON, which
 * has no raw line feed, so that after a damaged line the reader finds the next one.
 */
export const LINE_KINDS = {
  /** A call is about to be dispatched: its record as far as it is known. */
  intent: 0x69, // i
  /** A call is over: its usage record. */
  settlement: 0x73, // s
  /** Settlements in a range of bytes are in Postgres: {@link CommitMark}. */
  commit: 0x63, // c
} as const;
export type LineKind = keyof typeof LINE_KINDS;

/** Every settlement that begins in `[from, to)` of that segment is committed. */
export interface CommitMark {
  readonly segment: number;
  readonly from: number;
  readonly to: number;
}

export const HEADER_LENGTH = 20;
const SPACE = 0x20;
export const LINE_FEED = 0x0a;
const HEX = Buffer.from('0123456789abcdef', 'latin1');

/** Bytes that a payload of so many UTF-16 units takes at most, header and line feed included. */
export const lineBytesMax = (textLength: number): number => textLength * 3 + HEADER_LENGTH + 1;

function writeHex(target: Buffer, value: number, offset: number): void {
  for (let index = 7, rest = value; index >= 0; index -= 1, rest >>>= 4) target[offset + index] = HEX[rest & 15] as number;
}

/** Writes a line at `offset` and returns the offset behind it; the room must suffice ({@link lineBytesMax}). */
export function writeLine(target: Buffer, offset: number, kind: LineKind, text: string): number {
  const start = offset + HEADER_LENGTH;
  const length = target.write(text, start, 'utf8');
  const end = start + length;
  target[offset] = LINE_KINDS[kind];
  target[offset + 1] = SPACE;
  writeHex(target, crc32(target.subarray(start, end)), offset + 2);
  target[offset + 10] = SPACE;
  writeHex(target, length, offset + 11);
  target[offset + 19] = SPACE;
  target[end] = LINE_FEED;
  return end + 1;
}

function kindOf(byte: number | undefined): LineKind | null {
  if (byte === LINE_KINDS.intent) return 'intent';
  if (byte === LINE_KINDS.settlement) return 'settlement';
  return byte === LINE_KINDS.commit ? 'commit' : null;
}

/** `needed`: the line goes on behind the bytes at hand; so many from `offset` on would show its end. */
export type LineRead =
  | { readonly status: 'whole'; readonly kind: LineKind; readonly payload: Buffer; readonly end: number }
  | { readonly status: 'short'; readonly needed: number }
  | { readonly status: 'damaged' };

/** No line is longer; a greater length in a header is damage, not a reason to read on. */
const LINE_LENGTH_MAX = 64 * 1024 * 1024;

export function readLine(bytes: Buffer, offset: number): LineRead {
  const atHand = bytes.length - offset;
  const kind = kindOf(bytes[offset]);
  if (kind === null) return { status: 'damaged' };
  if (atHand < HEADER_LENGTH) return { status: 'short', needed: HEADER_LENGTH };
  const header = bytes.toString('latin1', offset + 1, offset + HEADER_LENGTH);
  if (!/^ [0-9a-f]{8} [0-9a-f]{8} $/.test(header)) return { status: 'damaged' };
  const length = Number.parseInt(header.slice(10, 18), 16);
  if (length > LINE_LENGTH_MAX) return { status: 'damaged' };
  const needed = HEADER_LENGTH + length + 1;
  if (atHand < needed) return { status: 'short', needed };
  const payload = bytes.subarray(offset + HEADER_LENGTH, offset + HEADER_LENGTH + length);
  if (bytes[offset + needed - 1] !== LINE_FEED) return { status: 'damaged' };
  if (crc32(payload) !== Number.parseInt(header.slice(1, 9), 16)) return { status: 'damaged' };
  return { status: 'whole', kind, payload, end: offset + needed };
}
