/** What one event of a chat stream holds; one object is filled again and again, so that an event costs no garbage. */
export interface EventContents {
  /** `data: [DONE]` */
  done: boolean;
  /** The JSON payload, half-open; -1 where the event has none (comments, other fields). */
  dataStart: number;
  dataEnd: number;
  /** A member `error` that is not null. */
  hasError: boolean;
  /** The usage object; -1 where there is none or it is null. */
  usageStart: number;
  usageEnd: number;
  /** Entries of `choices`, -1 where it is absent. */
  choices: number;
  /** Raw bytes of text, reasoning and tool arguments. */
  contentBytes: number;
  /** A `finish_reason` that is not null. */
  finished: boolean;
}

export const emptyContents = (): EventContents => ({
  done: false,
  dataStart: -1,
  dataEnd: -1,
  hasError: false,
  usageStart: -1,
  usageEnd: -1,
  choices: -1,
  contentBytes: 0,
  finished: false,
});

const OTHER = 0;
const CHOICES = 1;
const USAGE = 2;
const ERROR = 3;
const GROQ = 4;
const CONTENT = 5;
const FINISH = 6;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const TOP_KEYS: readonly (readonly [Uint8Array, number])[] = [
  [bytesOf('choices'), CHOICES],
  [bytesOf('usage'), USAGE],
  [bytesOf('error'), ERROR],
  [bytesOf('x_groq'), GROQ],
];
const CHOICE_KEYS: readonly (readonly [Uint8Array, number])[] = [
  [bytesOf('content'), CONTENT],
  [bytesOf('arguments'), CONTENT],
  [bytesOf('reasoning_content'), CONTENT],
  [bytesOf('reasoning'), CONTENT],
  [bytesOf('refusal'), CONTENT],
  [bytesOf('finish_reason'), FINISH],
];
const GROQ_KEYS: readonly (readonly [Uint8Array, number])[] = [[bytesOf('usage'), USAGE]];
/** Levels that a 32-bit mask can tell apart; no vendor's chunk is nearly as deep. */
const DEPTH_MAX = 28;

/** Reads the event in `bytes[start, end)`. Never throws: what is no JSON simply shows nothing. */
export function scanEvent(bytes: Uint8Array, start: number, end: number, out: EventContents): void {
  out.done = false;
  out.dataStart = -1;
  out.dataEnd = -1;
  out.hasError = false;
  out.usageStart = -1;
  out.usageEnd = -1;
  out.choices = -1;
  out.contentBytes = 0;
  out.finished = false;
  let line = start;
  while (line < end) {
    let stop = line;
    while (stop < end && bytes[stop] !== 0x0a && bytes[stop] !== 0x0d) stop += 1;
    if (isData(bytes, line, stop)) {
      const from = bytes[line + 5] === 0x20 ? line + 6 : line + 5;
      if (out.dataStart < 0) out.dataStart = from;
      // Further data lines belong to the same JSON; the scan below takes the field names between them for white space.
      out.dataEnd = stop;
    } else if (isErrorName(bytes, line, stop)) out.hasError = true;
    line = stop + 1;
  }
  if (out.dataStart < 0) return;
  if (bytes[out.dataStart] === 0x5b) out.done = isDone(bytes, out.dataStart);
  else scanPayload(bytes, out.dataStart, out.dataEnd, out);
}

const isData = (bytes: Uint8Array, at: number, end: number): boolean =>
  end - at >= 5 &&
  bytes[at] === 0x64 &&
  bytes[at + 1] === 0x61 &&
  bytes[at + 2] === 0x74 &&
  bytes[at + 3] === 0x61 &&
  bytes[at + 4] === 0x3a;

const ERROR_EVENT = bytesOf('event:error');
/** `event: error`, as some vendors name it beside a body of any shape. */
function isErrorName(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== 0x65 || end - at > ERROR_EVENT.length + 1) return false;
  let i = 0;
  for (let from = at; from < end; from += 1) {
    if (bytes[from] === 0x20 && i === 6) continue;
    if (bytes[from] !== ERROR_EVENT[i]) return false;
    i += 1;
  }
  return i === ERROR_EVENT.length;
}

const DONE = bytesOf('[DONE]');
const isDone = (bytes: Uint8Array, at: number): boolean => DONE.every((byte, i) => bytes[at + i] === byte);

function scanPayload(bytes: Uint8Array, start: number, end: number, out: EventContents): void {
  let depth = 0;
  let objects = 0;
  let keyNext = false;
  let top = OTHER;
  let key = OTHER;
  let usageDepth = 0;
  let i = start;
  while (i < end) {
    const byte = bytes[i] as number;
    if (byte === 0x22) {
      const from = i + 1;
      i = from;
      while (i < end) {
        const inner = bytes[i] as number;
        if (inner === 0x22) break;
        i += inner === 0x5c ? 2 : 1;
      }
      if (keyNext) {
        keyNext = false;
        key = classify(bytes, from, i, depth, top);
        if (depth === 1) top = key;
      } else {
        if (key === CONTENT) out.contentBytes += i - from;
        else if (key === FINISH) out.finished = true;
        else if (key === ERROR) out.hasError = true;
        key = OTHER;
      }
    } else if (byte === 0x7b) {
      if (depth === 2 && top === CHOICES) out.choices += 1;
      depth += 1;
      if (depth > DEPTH_MAX) return;
      objects |= 1 << depth;
      keyNext = true;
      if (key === USAGE) {
        out.usageStart = i;
        usageDepth = depth;
      } else if (key === ERROR) out.hasError = true;
      key = OTHER;
    } else if (byte === 0x5b) {
      if (key === CHOICES) out.choices = 0;
      depth += 1;
      if (depth > DEPTH_MAX) return;
      objects &= ~(1 << depth);
      keyNext = false;
      key = OTHER;
    } else if (byte === 0x7d || byte === 0x5d) {
      if (depth === usageDepth) {
        out.usageEnd = i + 1;
        usageDepth = 0;
      }
      depth -= 1;
      keyNext = false;
    } else if (byte === 0x2c) {
      keyNext = ((objects >> depth) & 1) === 1;
      key = OTHER;
    }
    i += 1;
  }
  if (out.usageEnd < 0) out.usageStart = -1;
}

function classify(bytes: Uint8Array, from: number, to: number, depth: number, top: number): number {
  if (depth === 1) return lookUp(TOP_KEYS, bytes, from, to);
  if (top === CHOICES) return lookUp(CHOICE_KEYS, bytes, from, to);
  return top === GROQ && depth === 2 ? lookUp(GROQ_KEYS, bytes, from, to) : OTHER;
}

function lookUp(keys: readonly (readonly [Uint8Array, number])[], bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  for (const [name, key] of keys) {
    if (name.length !== length || name[0] !== bytes[from]) continue;
    let i = 1;
    while (i < length && name[i] === bytes[from + i]) i += 1;
    if (i === length) return key;
  }
  return OTHER;
}
