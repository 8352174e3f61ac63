/** A promise with its numbers: what must be counted at least, and what at most. */
export interface ProofSuite {
  readonly name: string;
  readonly summary: string;
  readonly bounds: Readonly<Record<string, { readonly min?: number; readonly max?: number }>>;
  run(context: ProofContext): Promise<Readonly<Record<string, number>>>;
}

export interface ProofContext {
  /** The same seed makes the same choices. */
  readonly seed: number;
  /** Progress, for people; goes to stderr. */
  say(text: string): void;
}

/** A small generator of numbers in [0, 1) (mulberry32): the same seed, the same numbers. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
