/** The fields of a chat request that the simulation looks at; everything else is taken and ignored, as upstreams do. */
export interface SimulatedRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Names one call in the ledgers. */
  readonly user: string | null;
  readonly seed: number;
  readonly promptTokens: number;
  readonly images: number;
  readonly maxTokens: number | null;
  readonly toolNames: readonly string[];
}

export interface SimulatedAnswer {
  readonly id: string;
  readonly words: readonly string[];
  readonly finishReason: 'stop' | 'length';
  readonly usage: SimulatedUsage;
}

/** As OpenAI counts: the cached ones are part of the prompt. */
export interface SimulatedUsage {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

const WORDS = 'amber basil cedar delta ember fjord grove heron indigo juniper kelp lotus maple nectar olive pearl'.split(' ');

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const arrayOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Reads a parsed body; null where it is no chat request, which the server answers with 400. */
export function readSimulatedRequest(body: unknown): SimulatedRequest | null {
  if (!isObject(body) || typeof body.model !== 'string' || !Array.isArray(body.messages)) return null;
  let [characters, images, last] = [0, 0, ''];
  for (const message of body.messages) {
    if (!isObject(message)) return null;
    const parts = typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : arrayOf(message.content);
    for (const part of parts) {
      if (!isObject(part)) continue;
      if (part.type === 'image_url') images += 1;
      const text = textOf(part.text);
      if (text === null) continue;
      characters += text.length;
      last = text;
    }
  }
  const limit = body.max_completion_tokens ?? body.max_tokens;
  return {
    model: body.model,
    stream: body.stream === true,
    includeUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
    user: textOf(body.user),
    seed: typeof body.seed === 'number' ? body.seed >>> 0 : hash(last),
    promptTokens: 3 + Math.ceil(characters / 4) + images * 85,
    images,
    maxTokens: typeof limit === 'number' ? limit : null,
    toolNames: arrayOf(body.tools).flatMap((tool) =>
      isObject(tool) && isObject(tool.function) && typeof tool.function.name === 'string' ? [tool.function.name] : [],
    ),
  };
}

/** The same request gives the same words and the same tokens, so that three ledgers can be compared exactly. */
export function answerOf(request: SimulatedRequest, id: string, frames: number | null): SimulatedAnswer {
  const wanted = frames ?? 4 + (request.seed % 13);
  const count = request.maxTokens === null ? wanted : Math.min(wanted, request.maxTokens);
  const words: string[] = [];
  let state = request.seed;
  for (let i = 0; i < count; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words.push(`${i === 0 ? '' : ' '}${WORDS[state >>> 28] as string}`);
  }
  return {
    id,
    words,
    finishReason: count < wanted ? 'length' : 'stop',
    usage: {
      promptTokens: request.promptTokens,
      cachedTokens: request.seed % 5 === 0 ? request.promptTokens >> 1 : 0,
      completionTokens: count,
    },
  };
}

export const usageJson = (usage: SimulatedUsage): Json => ({
  prompt_tokens: usage.promptTokens,
  completion_tokens: usage.completionTokens,
  total_tokens: usage.promptTokens + usage.completionTokens,
  prompt_tokens_details: { cached_tokens: usage.cachedTokens, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
});

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < Math.min(text.length, 4096); i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
