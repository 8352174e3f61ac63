import { ENDS_RUN, EXPECTED, IS_ESCAPE, IS_HEX, IS_SPACE, STATE } from './grammar.js';
import { NUMBER_BROKEN, NUMBER_ENDS, nextNumberState } from './next-number-state.js';
import { AMBIGUOUS_SPELLING, type JsonScanPlan, NO_MEMBER, NOT_UTF8 } from './plan.js';

export type JsonKind = 'string' | 'number' | 'object' | 'array' | 'true' | 'false' | 'null';

/** Where a member's value stands (absolute, half-open) and what it is. */
export interface JsonMember {
  readonly start: number;
  readonly end: number;
  readonly kind: JsonKind;
  /** Elements of an array, members of an object. */
  readonly children: number;
  /** The raw JSON text; null where it is longer than the spec's `keepMax`. */
  readonly bytes: Uint8Array | null;
}

export interface JsonScanError {
  readonly kind: 'syntax' | 'too_deep' | 'duplicate' | 'ambiguous' | 'too_many';
  /** Absolute, from 0. */
  readonly offset: number;
  readonly message: string;
  /** The member concerned, where there is one. */
  readonly member: string | null;
}

const OBJECT = 1;
const ARRAY = 2;
const HEX_DIGITS = 4;
const LITERALS: Readonly<Record<number, { readonly text: string; readonly kind: JsonKind }>> = {
  116: { text: 'true', kind: 'true' },
  102: { text: 'false', kind: 'false' },
  110: { text: 'null', kind: 'null' },
};

/**
 * A strict scanner (RFC 8259, root must be an object) over bytes that arrive in pieces. It builds no values: it checks the
 * syntax, bounds the depth and notes where the members of its plan stand. No recursion, one pass, about a nanosecond per byte.
 */
export class JsonScanner {
  /** Just after the opening brace; -1 until it was seen. */
  insertAt = -1;
  private readonly found: (JsonMember | undefined)[] = [];
  /** Kinds of the open containers, by depth. */
  private readonly stack: number[] = [0];
  private error: JsonScanError | null = null;
  private state: number = STATE.start;
  private depth = 0;
  private consumed = 0;
  private stringIsKey = false;
  private keyEscaped = false;
  private hexLeft = 0;
  private literal = '';
  private literalAt = 0;
  /** Index of the top-level member whose value is being read, or {@link NO_MEMBER}. */
  private member: number = NO_MEMBER;
  private valueStart = 0;
  private valueKind: JsonKind = 'null';
  private children = 0;
  /** Absolute start of the key or value that is being kept, -1 = none. */
  private keepFrom = -1;
  private keepMax = 0;
  private kept: Uint8Array[] | null = null;

  constructor(private readonly plan: JsonScanPlan) {}

  /** The member of that index in the plan, once its value has ended. */
  at(index: number): JsonMember | undefined {
    return this.found[index];
  }

  /** Takes the next bytes (they must not change afterwards); returns the first error, and the same one ever after. */
  push(chunk: Uint8Array): JsonScanError | null {
    if (this.error !== null) return this.error;
    const length = chunk.length;
    let i = 0;
    while (i < length) {
      if (this.state === STATE.string) i = this.runString(chunk, i);
      else if (this.state >= STATE.minus && this.state <= STATE.exponentDigits) i = this.runNumber(chunk, i);
      else if (IS_SPACE[chunk[i] as number] === 1 && !this.insideToken()) i += 1;
      else i = this.step(chunk, i);
      if (this.error !== null) return this.error;
    }
    if (this.keepFrom >= 0) this.keepRest(chunk);
    this.consumed += length;
    return null;
  }

  /** No more bytes come. */
  finish(): JsonScanError | null {
    if (this.error !== null || this.state === STATE.done) return this.error;
    const expected = this.state === STATE.start ? 'a JSON object' : EXPECTED[this.state];
    return this.refuse('syntax', this.consumed, `The text ends at byte ${this.consumed}: expected ${expected}.`);
  }

  private insideToken(): boolean {
    return this.state === STATE.escape || this.state === STATE.hex || this.state === STATE.literal;
  }

  private runString(chunk: Uint8Array, from: number): number {
    const length = chunk.length;
    let i = from;
    while (i < length && ENDS_RUN[chunk[i] as number] === 0) i += 1;
    if (i === length) return i;
    const byte = chunk[i] as number;
    if (byte === 0x22) {
      if (this.stringIsKey) this.endKey(chunk, i);
      else this.endValue(chunk, i + 1);
    } else if (byte === 0x5c) {
      this.keyEscaped = true;
      this.state = STATE.escape;
    } else this.unexpected(chunk, i);
    return i + 1;
  }

  private runNumber(chunk: Uint8Array, from: number): number {
    const length = chunk.length;
    let i = from;
    let state = this.state;
    for (; i < length; i += 1) {
      const next = nextNumberState(state, chunk[i] as number);
      if (next === NUMBER_ENDS) {
        this.state = state;
        this.endValue(chunk, i);
        return i;
      }
      if (next === NUMBER_BROKEN) {
        this.state = state;
        this.unexpected(chunk, i);
        return i;
      }
      state = next;
    }
    this.state = state;
    return i;
  }

  /** Everything that is decided by one byte. */
  private step(chunk: Uint8Array, i: number): number {
    const byte = chunk[i] as number;
    switch (this.state) {
      case STATE.start:
        if (byte !== 0x7b) return this.unexpected(chunk, i);
        this.insertAt = this.consumed + i + 1;
        return this.open(chunk, i, OBJECT);
      case STATE.valueOrClose:
        if (byte === 0x5d) return this.close(chunk, i);
        return this.beginValue(chunk, i, byte);
      case STATE.value:
        return this.beginValue(chunk, i, byte);
      case STATE.keyOrClose:
        if (byte === 0x7d) return this.close(chunk, i);
        return this.beginKey(chunk, i, byte);
      case STATE.key:
        return this.beginKey(chunk, i, byte);
      case STATE.colon:
        if (byte !== 0x3a) return this.unexpected(chunk, i);
        this.state = STATE.value;
        return i + 1;
      case STATE.commaOrClose:
        return this.commaOrClose(chunk, i, byte);
      case STATE.escape:
        if (byte === 0x75) {
          this.hexLeft = HEX_DIGITS;
          this.state = STATE.hex;
        } else if (IS_ESCAPE[byte] === 1) this.state = STATE.string;
        else return this.unexpected(chunk, i);
        return i + 1;
      case STATE.hex:
        if (IS_HEX[byte] !== 1) return this.unexpected(chunk, i);
        this.hexLeft -= 1;
        if (this.hexLeft === 0) this.state = STATE.string;
        return i + 1;
      case STATE.literal:
        if (byte !== this.literal.charCodeAt(this.literalAt)) return this.unexpected(chunk, i);
        this.literalAt += 1;
        if (this.literalAt === this.literal.length) this.endValue(chunk, i + 1);
        return i + 1;
      default:
        return this.unexpected(chunk, i);
    }
  }

  private commaOrClose(chunk: Uint8Array, i: number, byte: number): number {
    const container = this.stack[this.depth];
    if (byte === 0x2c) {
      this.state = container === OBJECT ? STATE.key : STATE.value;
      return i + 1;
    }
    if (byte === (container === OBJECT ? 0x7d : 0x5d)) return this.close(chunk, i);
    return this.unexpected(chunk, i);
  }

  private beginKey(chunk: Uint8Array, i: number, byte: number): number {
    if (byte !== 0x22) return this.unexpected(chunk, i);
    this.state = STATE.string;
    this.stringIsKey = true;
    this.keyEscaped = false;
    if (this.depth === 1) this.keep(this.consumed + i + 1, this.plan.keyBytesMax);
    return i + 1;
  }

  private beginValue(chunk: Uint8Array, i: number, byte: number): number {
    if (this.depth <= 2 && this.member !== NO_MEMBER) this.noteValue(i, byte);
    if (this.error !== null) return i;
    if (byte === 0x22) {
      this.stringIsKey = false;
      this.state = STATE.string;
      return i + 1;
    }
    if (byte === 0x7b) return this.open(chunk, i, OBJECT);
    if (byte === 0x5b) return this.open(chunk, i, ARRAY);
    if (byte === 0x2d) this.state = STATE.minus;
    else if (byte === 0x30) this.state = STATE.zero;
    else if (byte >= 0x31 && byte <= 0x39) this.state = STATE.integer;
    else {
      const literal = LITERALS[byte];
      if (literal === undefined) return this.unexpected(chunk, i);
      this.literal = literal.text;
      this.literalAt = 1;
      this.state = STATE.literal;
    }
    return i + 1;
  }

  /** A value begins that is a member we look for, or a direct child of one. */
  private noteValue(i: number, byte: number): void {
    const spec = this.plan.members[this.member];
    if (spec === undefined) return;
    if (this.depth === 2) {
      this.children += 1;
      if (spec.childrenMax === undefined || this.children <= spec.childrenMax) return;
      this.refuse('too_many', this.consumed + i, `"${spec.name}" has more than ${spec.childrenMax} entries.`, spec.name);
      return;
    }
    this.valueStart = this.consumed + i;
    this.valueKind = kindOf(byte);
    this.children = 0;
    if (spec.keepMax > 0) this.keep(this.valueStart, spec.keepMax);
  }

  private open(_chunk: Uint8Array, i: number, container: number): number {
    if (this.depth === this.plan.depthMax) {
      this.refuse(
        'too_deep',
        this.consumed + i,
        `The JSON is too deep: more than ${this.plan.depthMax} levels at byte ${this.consumed + i}.`,
      );
      return i;
    }
    this.depth += 1;
    this.stack[this.depth] = container;
    this.state = container === OBJECT ? STATE.keyOrClose : STATE.valueOrClose;
    return i + 1;
  }

  private close(chunk: Uint8Array, i: number): number {
    this.depth -= 1;
    this.endValue(chunk, i + 1);
    return i + 1;
  }

  private endKey(chunk: Uint8Array, i: number): void {
    this.state = STATE.colon;
    if (this.depth !== 1) return;
    const from = this.keepFrom - this.consumed;
    this.member = NO_MEMBER;
    if (this.keepFrom < 0) return;
    let match: number;
    if (this.kept === null) match = this.plan.match(chunk, from, i, this.keyEscaped);
    else {
      const key = this.takeKept(chunk, i);
      match = key === null ? NO_MEMBER : this.plan.match(key, 0, key.length, this.keyEscaped);
    }
    this.keepFrom = -1;
    if (match === NO_MEMBER) return;
    if (match === NOT_UTF8) {
      this.refuse('syntax', this.consumed + i, `The name that ends at byte ${this.consumed + i} is not UTF-8.`);
    } else if (match === AMBIGUOUS_SPELLING) {
      this.refuse(
        'ambiguous',
        this.consumed + i,
        `The name that ends at byte ${this.consumed + i} differs from one that matters only by its case.`,
      );
    } else if (this.plan.strict && this.found[match] !== undefined) {
      const name = this.plan.members[match]?.name ?? '';
      this.refuse(
        'duplicate',
        this.consumed + i,
        `"${name}" stands twice in the object (again at byte ${this.consumed + i}).`,
        name,
      );
    } else this.member = match;
  }

  private endValue(chunk: Uint8Array, end: number): void {
    this.state = this.depth === 0 ? STATE.done : STATE.commaOrClose;
    if (this.depth !== 1 || this.member === NO_MEMBER) return;
    this.found[this.member] = {
      start: this.valueStart,
      end: this.consumed + end,
      kind: this.valueKind,
      children: this.children,
      bytes: this.keepFrom < 0 ? null : this.takeKept(chunk, end),
    };
    this.keepFrom = -1;
    this.member = NO_MEMBER;
  }

  private keep(from: number, max: number): void {
    this.keepFrom = from;
    this.keepMax = max;
    this.kept = null;
  }

  private keepRest(chunk: Uint8Array): void {
    const end = this.consumed + chunk.length;
    if (end - this.keepFrom > this.keepMax) {
      this.keepFrom = -1;
      this.kept = null;
      return;
    }
    this.kept ??= [];
    this.kept.push(chunk.subarray(Math.max(0, this.keepFrom - this.consumed)));
  }

  private takeKept(chunk: Uint8Array, end: number): Uint8Array | null {
    const length = this.consumed + end - this.keepFrom;
    if (length > this.keepMax) return null;
    if (this.kept === null) return chunk.subarray(this.keepFrom - this.consumed, end);
    const whole = new Uint8Array(length);
    let offset = 0;
    for (const part of this.kept) {
      whole.set(part, offset);
      offset += part.length;
    }
    whole.set(chunk.subarray(0, end), offset);
    this.kept = null;
    return whole;
  }

  private unexpected(chunk: Uint8Array, i: number): number {
    const offset = this.consumed + i;
    const byte = chunk[i] as number;
    const seen = byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte 0x${byte.toString(16).padStart(2, '0')}`;
    this.refuse('syntax', offset, `Not JSON at byte ${offset}: expected ${EXPECTED[this.state]}, found ${seen}.`);
    return i;
  }

  private refuse(kind: JsonScanError['kind'], offset: number, message: string, member: string | null = null): JsonScanError {
    this.error = { kind, offset, message, member };
    return this.error;
  }
}

function kindOf(byte: number): JsonKind {
  if (byte === 0x22) return 'string';
  if (byte === 0x7b) return 'object';
  if (byte === 0x5b) return 'array';
  return LITERALS[byte]?.kind ?? 'number';
}
