const CHAT_TEXT =
  'This is the demo provider of Tollgate. No language model was asked: the answer is fixed, it costs nothing and needs no key. ' +
  'Set a provider key, for instance OPENAI_API_KEY, and start again to reach a real model.';
/** About what the vendors' tokenizers come to for English text. */
const CHARACTERS_PER_TOKEN = 4;
const ECHO_LABEL = '[demo] ';
const ECHO_LENGTH_MAX = 16_384;

export interface DemoAnswer {
  readonly model: string;
  /** What a stream sends one by one. */
  readonly words: readonly string[];
  readonly finishReason: 'stop' | 'length';
  readonly promptTokens: number;
  readonly completionTokens: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** The answer of the built-in provider to a chat request: `echo` repeats the last message of the user, all else says a fixed text. */
export function makeDemoAnswer(request: unknown, outputTokensMax: number | null): DemoAnswer {
  const fields = isFields(request) ? request : {};
  const model = typeof fields['model'] === 'string' ? fields['model'] : 'demo';
  const text = model.endsWith('echo') ? `${ECHO_LABEL}${lastUserText(fields['messages']).slice(0, ECHO_LENGTH_MAX)}` : CHAT_TEXT;
  const all = text.match(/\s*\S+|\s+$/g) ?? [];
  const bound = Math.min(
    ...[fields['max_completion_tokens'], fields['max_tokens'], outputTokensMax].filter((value) => typeof value === 'number'),
  );
  const words = all.slice(0, bound);
  return {
    model: model.startsWith('demo/') ? model : `demo/${model}`,
    words,
    finishReason: words.length < all.length ? 'length' : 'stop',
    promptTokens: promptTokensOf(fields['messages']),
    completionTokens: words.length,
  };
}

/** From the texts alone: the same conversation costs the same, streamed or whole, whatever else the request says. */
function promptTokensOf(messages: unknown): number {
  if (!Array.isArray(messages)) return 0;
  return messages.reduce((sum: number, message: unknown) => sum + Math.ceil(textOf(message).length / CHARACTERS_PER_TOKEN), 0);
}

function lastUserText(messages: unknown): string {
  if (!Array.isArray(messages)) return '';
  return textOf(messages.findLast((message: unknown) => isFields(message) && message['role'] === 'user'));
}

function textOf(message: unknown): string {
  const content = isFields(message) ? message['content'] : '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: unknown) => (isFields(part) && typeof part['text'] === 'string' ? part['text'] : '')).join(' ');
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
