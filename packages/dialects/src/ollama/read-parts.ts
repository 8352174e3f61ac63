import type { Usage } from '@tollgate/contracts';
import { NO_USAGE } from '@tollgate/contracts';
import type { TokenLogprob } from '../canonical/logprob.js';
import type { ToolCallPart } from '../canonical/part.js';
import type { StopReason } from '../canonical/stop-reason.js';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { takeArray, takeCount, takeObject, takeText } from '../json/take.js';
import { readLogprobs } from '../openai-chat/logprobs.js';

export const REPLY_MEMBERS = new Set(
  'model created_at message done done_reason prompt_eval_count eval_count logprobs'.split(' '),
);

/** `load` and `unload` answer a call without messages. */
const STOPS: Readonly<Record<string, StopReason>> = { stop: 'stop', length: 'length', load: 'stop', unload: 'stop' };
export const readStop = (reason: unknown): StopReason =>
  typeof reason === 'string' && Object.hasOwn(STOPS, reason) ? (STOPS[reason] as StopReason) : 'stop';

/** Null where the answer counts nothing; a prompt that was wholly cached has no count of its own. */
export function readUsage(fields: JsonObject): Usage | null {
  const input = takeCount(fields['prompt_eval_count']);
  const output = takeCount(fields['eval_count']);
  return input === null && output === null ? null : { ...NO_USAGE, input: input ?? 0, output: output ?? 0 };
}

/** RFC 3339 as seconds since 1970. */
export function readTime(value: unknown): number | null {
  const milliseconds = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(milliseconds) ? null : Math.floor(milliseconds / 1000);
}

/** A call comes whole. Older servers give it no id: one is made of the time of the answer, which other answers do not share. */
export function readCall(call: JsonObject, createdAt: unknown, place: number): ToolCallPart {
  const { name, arguments: args } = takeObject(call['function']);
  const id = takeText(call['id']) || `call_${String(takeText(createdAt) ?? '').replace(/\D/g, '')}_${place}`;
  return { type: 'tool_call', id, name: takeText(name) ?? '', arguments: argumentText(args) };
}

const argumentText = (args: JsonValue | undefined): string =>
  isObject(args) ? JSON.stringify(args) : (takeText(args) ?? '') || '{}';

/** The server lists tokens as OpenAI does, without the object around them. */
export const readTokens = (fields: JsonObject): readonly TokenLogprob[] | undefined =>
  readLogprobs({ content: takeArray(fields['logprobs']) });
