export interface Logprob {
  readonly token: string;
  readonly logprob: number;
  /** UTF-8 bytes of the token, null where the vendor does not give them. */
  readonly bytes: readonly number[] | null;
}

/** One token of the answer, with the likeliest others at its place. */
export interface TokenLogprob extends Logprob {
  readonly top: readonly Logprob[];
}
