import { encodeUtf8 } from '@tollgate/kernel';
import { anthropicMessages } from '../anthropic-messages/dialect.js';
import type { Dialect } from '../canonical/dialect.js';
import type { Target } from '../canonical/target.js';
import { gemini } from '../gemini/dialect.js';
import { isObject, type JsonObject } from '../json/json-value.js';
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
  /** Where one recorded file holds several streams: whether this event begins one. */
  begins?(event: JsonObject): boolean;
}

const typedFrames = (events: readonly string[]): Uint8Array =>
  encodeUtf8(events.map((event) => `event: ${String((JSON.parse(event) as JsonObject)['type'])}\ndata: ${event}\n\n`).join(''));

export const CONFORMANCE_ROWS: readonly ConformanceRow[] = [
  {
    dialect: openaiChat,
    target: { cacheMarks: 'breakpoint', reasoningField: 'reasoning_details', systemAnywhere: true },
    owns: (recorded) =>
      Array.isArray(recorded['choices']) && (recorded['object'] === undefined || String(recorded['object']).startsWith('chat.')),
    frame: (events) => encodeUtf8(`${events.map((event) => `data: ${event}\n\n`).join('')}data: [DONE]\n\n`),
  },
  {
    dialect: openaiResponses,
    target: { cacheMarks: 'breakpoint', systemAnywhere: true },
    owns: (recorded) => recorded['object'] === 'response' || String(recorded['type']).startsWith('response.'),
    frame: typedFrames,
    begins: (event) => event['type'] === 'response.created',
  },
  {
    dialect: anthropicMessages,
    target: { systemAnywhere: true, maxOutputTokens: 32_000 },
    owns: (recorded) =>
      recorded['type'] === 'message_start' ||
      (recorded['type'] === 'message' && recorded['role'] === 'assistant' && isObject(recorded['usage'])),
    frame: typedFrames,
    begins: (event) => event['type'] === 'message_start',
  },
  {
    dialect: gemini,
    target: {},
    owns: (recorded) => isObject(recorded['usageMetadata']) && Array.isArray(recorded['candidates']),
    frame: (events) => encodeUtf8(events.map((event) => `data: ${event}\r\n\r\n`).join('')),
  },
];
