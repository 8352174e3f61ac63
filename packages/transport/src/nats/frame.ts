/**
 * What travels in the payload of a NATS message (ADR 011), integers little-endian:
 *
 *   frames    u8 version, then one or more of { u8 type, u32 stream id of the receiving side, u32 sequence, u32 length, bytes }
 *   opening   u8 version, u8 reserved, u16 length of the headers, u32 stream id of the client, u32 deadline in ms,
 *             u32 window, u32 length of the meta, u32 length of the whole body; headers, meta, the first part of the body
 */
export const WIRE_VERSION = 1;
export const FRAME_HEADER_BYTES = 13;
export const OPENING_HEADER_BYTES = 24;

/** Frames to the client; ACCEPTED, HEAD, DATA, END, ERROR and FAILED count in the sequence. */
export const ACCEPTED = 1;
export const HEAD = 2;
export const DATA = 3;
export const END = 4;
/** The handler failed; the bytes are its own. */
export const ERROR = 5;
/** The transport failed on the serving side; the bytes are a code of {@link FAILED_CODES}. */
export const FAILED = 6;
/** The serving side lives; the sequence is that of the next frame, so that a lost last frame shows. */
export const HEARTBEAT = 7;
/** Bytes of body that the serving side takes, absolute. */
export const BODY_CREDIT = 8;

/** Frames to the serving side. Bytes of data that the client takes, absolute; re-sent as the heartbeat. */
export const CREDIT = 16;
/** The bytes are one of {@link CANCEL_CODES}. */
export const CANCEL = 17;
/** The next part of the body; the sequence counts the parts. */
export const PART = 18;

/** A code that a reader does not know counts as `protocol`. */
export const FAILED_CODES = ['protocol', 'gap', 'deadline', 'closed', 'no_capacity'] as const;
export const CANCEL_CODES = ['cancelled', 'deadline', 'vanished', 'closed'] as const;

export const readU32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)) >>>
  0;

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Offsets pass 4 GiB on a long stream: 8 bytes, the low half first. */
export const readOffset = (bytes: Uint8Array, at: number): number => readU32(bytes, at) + readU32(bytes, at + 4) * 2 ** 32;

export function writeOffset(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, value);
  writeU32(bytes, at + 4, Math.floor(value / 2 ** 32));
}
