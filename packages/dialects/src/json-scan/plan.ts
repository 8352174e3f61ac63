/** A top-level member that a scan looks for. Names are lower-case ASCII. */
export interface JsonMemberSpec {
  readonly name: string;
  /** The raw bytes of a value up to this length are kept; of a longer one only where it stands. 0 = never kept. */
  readonly keepMax: number;
  /** More direct children (elements of an array, members of an object) than this are refused. */
  readonly childrenMax?: number;
}

export interface JsonScanOptions {
  readonly members: readonly JsonMemberSpec[];
  /** Containers inside one another, the root included. */
  readonly depthMax?: number;
  /**
   * Strict (for callers): a member that is looked for may stand once only and only in its exact spelling, so that we and
   * an upstream cannot read different ones. Tolerant (for upstreams): the last one counts.
   */
  readonly strict?: boolean;
}

/** What {@link JsonScanPlan.match} finds beside the index of a member. */
export const NO_MEMBER = -1;
export const AMBIGUOUS_SPELLING = -2;
export const NOT_UTF8 = -3;

const DEPTH_MAX = 64;
/** A character of a key takes at most six bytes, as `\u0061`. */
const ESCAPE_LENGTH = 6;
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Made once per kind of body, used by every scan of it. */
export class JsonScanPlan {
  readonly members: readonly JsonMemberSpec[];
  readonly depthMax: number;
  readonly strict: boolean;
  /** A key of more bytes than this is none of ours, however it is escaped. */
  readonly keyBytesMax: number;
  private readonly names: readonly Uint8Array[];
  private readonly keyBytesMin: number;

  constructor(options: JsonScanOptions) {
    this.members = options.members;
    this.depthMax = options.depthMax ?? DEPTH_MAX;
    this.strict = options.strict ?? true;
    this.names = options.members.map((member) => new TextEncoder().encode(member.name));
    this.keyBytesMax = ESCAPE_LENGTH * Math.max(0, ...this.names.map((name) => name.length));
    this.keyBytesMin = Math.min(...this.names.map((name) => name.length));
  }

  /** Index of the member that a key (the bytes between its quotes) names, or one of the constants above. */
  match(bytes: Uint8Array, start: number, end: number, escaped: boolean): number {
    const length = end - start;
    if (!escaped) {
      for (let index = 0; index < this.names.length; index += 1) {
        const name = this.names[index] as Uint8Array;
        if (name.length === length && same(name, bytes, start)) return index;
      }
    }
    if (length < this.keyBytesMin || length > this.keyBytesMax) return NO_MEMBER;
    return escaped || hasUpperOrWide(bytes, start, end) ? this.matchOddSpelling(bytes.subarray(start, end), escaped) : NO_MEMBER;
  }

  /**
   * Escapes mean the same key. Another case is another key by RFC 8259, but Go's encoding/json matches it (with the long s
   * and the Kelvin sign as well): such a body has two models, one for us and one for an upstream written in Go.
   */
  private matchOddSpelling(raw: Uint8Array, escaped: boolean): number {
    let text: string;
    try {
      text = strictDecoder.decode(raw);
      if (escaped) text = JSON.parse(`"${text}"`) as string;
    } catch {
      return NOT_UTF8;
    }
    const exact = this.members.findIndex((member) => member.name === text);
    if (exact >= 0 || !this.strict) return exact;
    const folded = text.toUpperCase().toLowerCase();
    return this.members.some((member) => member.name === folded) ? AMBIGUOUS_SPELLING : NO_MEMBER;
  }
}

function same(name: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < name.length; i += 1) if (name[i] !== bytes[start + i]) return false;
  return true;
}

function hasUpperOrWide(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) {
    const byte = bytes[i] as number;
    if (byte >= 0x80 || (byte >= 0x41 && byte <= 0x5a)) return true;
  }
  return false;
}
