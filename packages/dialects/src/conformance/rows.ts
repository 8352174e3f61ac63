import { encodeUtf8 } from '@tollgate/kernel';
import { anthropicMessages } from '../anthropic-messages/dialect.js';
import type { Dialect } from '../canonical/dialect.js';
import type { Target } from '../canonical/target.js';
import { cohereV2 } from '../cohere-v2/dialect.js';
import { gemini } from '../gemini/dialect.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { takeCount, takeObject } from '../json/take.js';
import { mistral } from '../mistral/dialect.js';
import { ollama } from '../ollama/dialect.js';
import { openaiChat } from '../openai-chat/dialect.js';
import { openaiResponses } from '../openai-responses/dialect.js';

/** What the suite must know of a dialect: this row is all that a new one adds. */
export interface ConformanceRow {
  readonly dialect: Dialect;
  /** The best that the vendor's models can do: what is missing even so is a gap of the dialect. */
  readonly target: Partial<Target>;
  /** Whether a recorded body or event is of this dialect. */
  owns(recorded: JsonObject): boolean;
  /** Wraps recorded events as the vendor does. */
  frame(events: readonly string[]): Uint8Array;
  /** The vendor's own total of tokens in a recording (one body, or the events of a stream); null where it says none. */
  total(recorded: readonly JsonObject[]): number | null;
  /** Why there is no recording of it to be read. */
  readonly unrecorded?: string;
  /** Where one recorded file holds several streams: whether this event begins one. */
  begins?(event: JsonObject): boolean;
}

const typedFrames = (events: readonly string[]): Uint8Array =>
  encodeUtf8(events.map((event) => `event: ${String((JSON.parse(event) as JsonObject)['type'])}\ndata: ${event}\n\n`).join(''));

/** The last object under `name` that any of them holds, at the top or inside `within`. */
function lastUsage(recorded: readonly JsonObject[], name: string, within: string): JsonObject | undefined {
  return recorded.map((one) => (isObject(one[name]) ? one[name] : takeObject(one[within])[name])).findLast(isObject);
}

const sumOf = (usage: JsonObject | undefined, names: readonly string[]): number | null =>
  usage === undefined ? null : names.reduce((sum, name) => sum + (takeCount(usage[name]) ?? 0), 0);

const ANTHROPIC_COUNTS = ['input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens', 'output_tokens'];

export const CONFORMANCE_ROWS: readonly ConformanceRow[] = [
  {
    dialect: openaiChat,
    target: { cacheMarks: 'breakpoint', reasoningField: 'reasoning_details', systemAnywhere: true },
    owns: (recorded) =>
      Array.isArray(recorded['choices']) && (recorded['object'] === undefined || String(recorded['object']).startsWith('chat.')),
    total: (recorded) => {
      const usage = lastUsage(recorded, 'usage', 'x_groq');
      return takeCount(usage?.['total_tokens']) ?? sumOf(usage, ['prompt_tokens', 'completion_tokens']);
    },
    frame: (events) => encodeUtf8(`${events.map((event) => `data: ${event}\n\n`).join('')}data: [DONE]\n\n`),
  },
  {
    dialect: openaiResponses,
    target: { cacheMarks: 'breakpoint', systemAnywhere: true },
    owns: (recorded) => recorded['object'] === 'response' || String(recorded['type']).startsWith('response.'),
    total: (recorded) => takeCount(lastUsage(recorded, 'usage', 'response')?.['total_tokens']),
    frame: typedFrames,
    begins: (event) => event['type'] === 'response.created',
  },
  {
    dialect: anthropicMessages,
    target: { systemAnywhere: true, maxOutputTokens: 32_000 },
    owns: (recorded) =>
      recorded['type'] === 'message_start' ||
      (recorded['type'] === 'message' && recorded['role'] === 'assistant' && isObject(recorded['usage'])),
    // Counts that `message_delta` does not repeat stay as `message_start` said them.
    total: (recorded) => {
      const said = recorded.flatMap((one) => [takeObject(one['usage']), takeObject(takeObject(one['message'])['usage'])]);
      const merged = Object.assign(
        {},
        ...said.map((usage) => Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null))),
      );
      return sumOf(merged as JsonObject, ANTHROPIC_COUNTS);
    },
    frame: typedFrames,
    begins: (event) => event['type'] === 'message_start',
  },
  {
    dialect: gemini,
    target: {},
    owns: (recorded) => isObject(recorded['usageMetadata']) && Array.isArray(recorded['candidates']),
    total: (recorded) =>
      takeCount(
        recorded.map((one) => takeObject(one['usageMetadata'])['totalTokenCount']).findLast((count) => takeCount(count) !== null),
      ),
    frame: (events) => encodeUtf8(events.map((event) => `data: ${event}\r\n\r\n`).join('')),
  },
  {
    dialect: mistral,
    target: {},
    // Ids of 32 hexadecimal digits are this vendor's alone among those that resemble OpenAI.
    owns: (recorded) => Array.isArray(recorded['choices']) && /^[0-9a-f]{32}$/.test(String(recorded['id'])),
    total: (recorded) => takeCount(lastUsage(recorded, 'usage', '')?.['total_tokens']),
    frame: (events) => encodeUtf8(`${events.map((event) => `data: ${event}\n\n`).join('')}data: [DONE]\n\n`),
  },
  {
    dialect: ollama,
    target: {},
    unrecorded: 'a server of ones own, which nobody has recorded; its lines are taken from its documentation',
    owns: (recorded) => isObject(recorded['message']) && typeof recorded['done'] === 'boolean',
    total: (recorded) =>
      sumOf(
        recorded.findLast((one) => one['done'] === true),
        ['prompt_eval_count', 'eval_count'],
      ),
    frame: (events) => encodeUtf8(events.map((event) => `${event}\n`).join('')),
  },
  {
    dialect: cohereV2,
    target: {},
    owns: (recorded) =>
      recorded['type'] === 'message-start' || (isObject(recorded['message']) && typeof recorded['finish_reason'] === 'string'),
    total: (recorded) => {
      const tokens = lastUsage(recorded, 'usage', 'delta')?.['tokens'];
      return isObject(tokens) ? sumOf(tokens, ['input_tokens', 'output_tokens']) : null;
    },
    frame: typedFrames,
    begins: (event) => event['type'] === 'message-start',
  },
];
