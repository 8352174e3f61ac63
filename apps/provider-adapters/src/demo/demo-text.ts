import { chooseTool } from './choose-tool.js';
import { type Fields, isFields } from './fields.js';
import { sampleValue } from './sample-value.js';

const CHAT_TEXT =
  'This is the demo provider of Tollgate. No language model was asked: the answer is fixed and needs no key. ' +
  'Its price is a pretend one, so that usage and costs can be seen; nobody is charged. ' +
  'Set a provider key, for instance OPENAI_API_KEY, and start again to reach a real model.';
/** About what the vendors' tokenizers come to for English text. */
const CHARACTERS_PER_TOKEN = 4;
/** What vendors take for a small image. */
const TOKENS_PER_IMAGE = 85;
const ECHO_LABEL = '[demo] ';
const ECHO_LENGTH_MAX = 16_384;
const ANSWERS_MAX = 128;

export interface DemoAnswer {
  readonly model: string;
  /** Equal answers, `n` of the request. */
  readonly answers: number;
  /** The tool that is called; the pieces are then its arguments, else the text. */
  readonly tool: string | null;
  /** What a stream sends one by one; each counts as a token. */
  readonly pieces: readonly string[];
  readonly finishReason: 'stop' | 'length' | 'tool_calls';
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/**
 * The answer of the built-in provider to a chat request, always the same for the same request: `echo` repeats the last
 * message of the user, all else says a fixed text; tools, JSON, `stop`, `n` and the bounds of the output are obeyed in form.
 */
export function makeDemoAnswer(request: unknown, outputTokensMax: number | null): DemoAnswer {
  const fields = isFields(request) ? request : {};
  const messages: readonly unknown[] = Array.isArray(fields['messages']) ? fields['messages'] : [];
  const model = typeof fields['model'] === 'string' ? fields['model'] : 'demo';
  const last = messages.at(-1);
  const asked = messages.findLast((message) => isFields(message) && message['role'] === 'user');
  const tool = chooseTool(fields, textOf(asked), isFields(last) && last['role'] === 'tool');
  const text = model.endsWith('echo') ? `${ECHO_LABEL}${textOf(asked).slice(0, ECHO_LENGTH_MAX)}` : CHAT_TEXT;
  const all =
    tool === null ? piecesOf(fields, withImages(text, imagesOf(asked))) : cut(JSON.stringify(sampleValue(tool.parameters)));
  const bound = Math.min(
    ...[fields['max_completion_tokens'], fields['max_tokens'], outputTokensMax].filter((value) => typeof value === 'number'),
  );
  const pieces = all.slice(0, bound);
  const answers = typeof fields['n'] === 'number' ? Math.min(Math.max(1, Math.trunc(fields['n'])), ANSWERS_MAX) : 1;
  const whole = tool === null ? 'stop' : 'tool_calls';
  return {
    model: model.startsWith('demo/') ? model : `demo/${model}`,
    answers,
    tool: tool?.name ?? null,
    pieces,
    finishReason: pieces.length < all.length ? 'length' : whole,
    promptTokens: promptTokensOf(messages),
    completionTokens: pieces.length * answers,
  };
}

const words = (text: string): readonly string[] => text.match(/\s*\S+|\s+$/g) ?? [];
/** JSON has no words: pieces of about two tokens' length. */
const cut = (json: string): readonly string[] => json.match(/[\s\S]{1,8}/g) ?? [];

function piecesOf(request: Fields, text: string): readonly string[] {
  const format = request['response_format'];
  const type = isFields(format) ? format['type'] : null;
  if (type === 'json_object') return cut(stopped(JSON.stringify({ demo: true, text }), request['stop']));
  if (isFields(format) && type === 'json_schema') {
    const schema = isFields(format['json_schema']) ? format['json_schema']['schema'] : null;
    return cut(stopped(JSON.stringify(sampleValue(schema ?? { type: 'object' })), request['stop']));
  }
  return words(stopped(text, request['stop']));
}

/** Up to the first of the stop sequences, which is not part of the answer. */
function stopped(text: string, stop: unknown): string {
  let end = text.length;
  for (const sequence of [stop].flat()) {
    const at = typeof sequence === 'string' && sequence !== '' ? text.indexOf(sequence) : -1;
    if (at >= 0 && at < end) end = at;
  }
  return text.slice(0, end);
}

const withImages = (text: string, images: number): string =>
  images === 0 ? text : `${text} [${images} ${images === 1 ? 'image' : 'images'} received]`;

/** From texts and images alone: the same conversation costs the same, streamed or whole, whatever else the request says. */
function promptTokensOf(messages: readonly unknown[]): number {
  return messages.reduce(
    (sum: number, message) =>
      sum + Math.ceil(textOf(message).length / CHARACTERS_PER_TOKEN) + imagesOf(message) * TOKENS_PER_IMAGE,
    0,
  );
}

const partsOf = (message: unknown): readonly unknown[] =>
  isFields(message) && Array.isArray(message['content']) ? message['content'] : [];

const imagesOf = (message: unknown): number =>
  partsOf(message).filter((part) => isFields(part) && part['type'] === 'image_url').length;

function textOf(message: unknown): string {
  const content = isFields(message) ? message['content'] : '';
  if (typeof content === 'string') return content;
  return partsOf(message)
    .flatMap((part) => (isFields(part) && typeof part['text'] === 'string' ? [part['text']] : []))
    .join(' ');
}
