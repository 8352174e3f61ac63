const BYTES_PER_TOKEN = 4;
/** Up to here on average, a frame is one token, as most vendors send them; larger frames hold several. */
const BYTES_PER_TOKEN_FRAME_MAX = 8;
/** An estimate of the input never exceeds this: images and files are bytes by the megabyte and few tokens. */
const INPUT_TOKENS_MAX = 128_000;

/** Output tokens of a stream that was cut, from its content frames and their raw bytes. */
export const countTokens = (frames: number, bytes: number): number =>
  bytes <= frames * BYTES_PER_TOKEN_FRAME_MAX ? frames : Math.ceil(bytes / BYTES_PER_TOKEN);

/** Input tokens where the upstream never said them: an upper bound from the bytes of the request. */
export const estimateInput = (requestBytes: number): number =>
  Math.min(INPUT_TOKENS_MAX, Math.ceil(requestBytes / BYTES_PER_TOKEN));

/** Output tokens of a whole answer without usage, from its bytes. */
export const estimateOutput = (answerBytes: number): number => Math.ceil(answerBytes / BYTES_PER_TOKEN);
