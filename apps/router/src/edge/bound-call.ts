import type { RoutingDeployment } from '@tollgate/contracts';
import type { Peek } from '@tollgate/dialects';
import { boundCost } from '@tollgate/policy';
import type { Bounds } from './bounds.js';
import type { References } from './ingress.js';

/** What a call can use and cost at most; true because the output is cut down to it at the provider. */
export interface CallSize {
  /** Input and output of all answers together, of the dearest attempt. */
  readonly tokens: number;
  /** Cap on the output of one answer that the upstream is to be given; null = the caller's own, or the model's, holds. */
  readonly outputCap: number | null;
  /** Billionths, in the one currency of all attempts. */
  readonly nano: number;
  readonly currency: string | null;
  /** The first attempt's model that has no price, or one in another currency than the first. */
  readonly unpriced: { readonly model: string; readonly reason: 'price' | 'currency' } | null;
}

/** Of a model that does not say what it writes at most, where neither caller nor policy do: cut down to it. */
const OUTPUT_TOKENS_DEFAULT = 16_384;
/** No picture that models are priced for today comes to more (a large one at gpt-4o-mini's count). */
const IMAGE_TOKENS_MAX = 50_000;
/** Files and web pages that the provider fetches itself: what fits into its context, or this where it does not say. */
const FETCHED_TOKENS_MAX = 1_000_000;

export interface SizeFacts {
  readonly bounds: Bounds;
  /** Of the token's policy. */
  readonly outputCap: number | null;
  /** Of the caller's dialect. */
  readonly references: References;
}

/**
 * The worst case. A token is a byte or more, so the bytes of the body bound its text; what is only referred to is bounded by
 * the largest that it can come to. No tokenizer: it would cost more than the rest of the call.
 */
export function sizeCall(
  peek: Peek,
  body: Uint8Array,
  deployments: readonly RoutingDeployment[],
  { bounds, outputCap, references }: SizeFacts,
): CallSize {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  // JSON allows `\u0069` for `i`, and an upstream reads the same name. No encoder writes letters so: each may hide what is counted here.
  const hidden = escapedLettersOf(bytes);
  const audio = hidden > 0 || references.audio.some((mark) => bytes.includes(mark));
  const fetched = hidden > 0 || references.fetched.some((mark) => bytes.includes(mark));
  const referred = bytes.length + (hidden + countOfAll(bytes, references.images)) * IMAGE_TOKENS_MAX;
  const inputOf = ({ contextTokens }: RoutingDeployment): number =>
    Math.min(referred + (fetched ? (contextTokens ?? FETCHED_TOKENS_MAX) : 0), contextTokens ?? Number.MAX_SAFE_INTEGER);
  const inputMost = Math.max(...deployments.map(inputOf));
  const asked = askedOf(peek);
  let cap = least(asked, outputCap);
  let made: number | null = null;
  if (cap === null) {
    const unknown = deployments.some(({ maxOutputTokens }) => maxOutputTokens === null);
    const modelMost = Math.max(...deployments.map(({ maxOutputTokens }) => maxOutputTokens ?? OUTPUT_TOKENS_DEFAULT));
    // Nobody said how long the answer may be: it may be as long as the limits have room for.
    const room = Math.floor((bounds.tokensMax - inputMost) / peek.n);
    if (unknown || (room >= 1 && room < modelMost)) made = room >= 1 ? Math.min(modelMost, room) : modelMost;
    cap = made;
  }
  let [tokens, nano] = [0, 0];
  let currency: string | null = null;
  let unpriced: CallSize['unpriced'] = null;
  for (const deployment of deployments) {
    const inputTokens = inputOf(deployment);
    const outputTokens = (least(cap, deployment.maxOutputTokens) ?? OUTPUT_TOKENS_DEFAULT) * peek.n;
    tokens = Math.max(tokens, inputTokens + outputTokens);
    const { price } = deployment;
    currency ??= price?.currency ?? null;
    if (price === null || price.currency !== currency)
      unpriced ??= { model: deployment.upstreamModel, reason: price === null ? 'price' : 'currency' };
    else nano = Math.max(nano, boundCost(price, { inputTokens, outputTokens, audio }));
  }
  return { tokens, outputCap: made ?? outputCap, nano, currency, unpriced };
}

/** Providers take one or the other where both are given: the larger bounds them. */
function askedOf({ maxTokens, maxCompletionTokens }: Peek): number | null {
  if (maxTokens === null || maxCompletionTokens === null) return maxTokens ?? maxCompletionTokens;
  return Math.max(maxTokens, maxCompletionTokens);
}

const least = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.min(a, b));

const countOfAll = (bytes: Buffer, marks: readonly Buffer[]): number =>
  marks.reduce((sum, mark) => sum + countOf(bytes, mark), 0);

function countOf(bytes: Buffer, mark: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + mark.length)) count += 1;
  return count;
}

const ESCAPE = Buffer.from('\\u00');
const [BACKSLASH, LETTER_U, ZERO, FOUR, SEVEN] = [0x5c, 0x75, 0x30, 0x34, 0x37];

/** How often a letter or an underscore stands as `\u0041` to `\u007a` (or a sign next to them); one pass, and only where there is any escape of that kind. */
function escapedLettersOf(bytes: Buffer): number {
  if (!bytes.includes(ESCAPE)) return 0;
  let count = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] !== BACKSLASH) continue;
    at += 1;
    if (bytes[at] !== LETTER_U || bytes[at + 1] !== ZERO || bytes[at + 2] !== ZERO) continue;
    const row = bytes[at + 3] ?? 0;
    if (row >= FOUR && row <= SEVEN) count += 1;
  }
  return count;
}
