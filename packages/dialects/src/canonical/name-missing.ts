import type { CanonicalRequest } from './canonical-request.js';
import type { Drops } from './drops.js';

/** Wishes of a call, by the name that OpenAI's chat has for them. */
const WISHES: Readonly<Record<string, (request: CanonicalRequest) => boolean>> = {
  top_k: ({ topK }) => topK !== undefined,
  logprobs: ({ logprobs }) => logprobs !== undefined,
  logit_bias: ({ logitBias }) => logitBias !== undefined,
  n: ({ candidates }) => (candidates ?? 1) > 1,
  user: ({ user }) => user !== undefined,
  metadata: ({ metadata }) => metadata !== undefined,
  verbosity: ({ verbosity }) => verbosity !== undefined,
  service_tier: ({ serviceTier }) => serviceTier !== undefined && serviceTier !== 'auto' && serviceTier !== 'default',
  parallel_tool_calls: ({ parallelToolCalls }) => parallelToolCalls === false,
};
export type Wish =
  | 'top_k'
  | 'logprobs'
  | 'logit_bias'
  | 'n'
  | 'user'
  | 'metadata'
  | 'verbosity'
  | 'service_tier'
  | 'parallel_tool_calls';

/** Names those of the wishes that the vendor has no field for and that this call has. */
export function nameMissing(request: CanonicalRequest, wishes: readonly Wish[], drops: Drops): void {
  for (const wish of wishes) if (WISHES[wish]?.(request)) drops.add(wish);
}

/** The bound of the answer, capped by what the model can give. */
export const boundOf = (asked: number | undefined, max: number | null): number | undefined =>
  asked === undefined || max === null ? asked : Math.min(asked, max);

/** A number that a vendor takes up to `max` only; a larger one is named. */
export function atMost(value: number | undefined, max: number, name: string, drops: Drops): number | undefined {
  if (value === undefined || value <= max) return value;
  drops.add(name);
  return max;
}
