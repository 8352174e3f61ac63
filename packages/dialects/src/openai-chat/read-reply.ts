import { fail, ok, type Result } from '@tollgate/kernel';
import type { CanonicalError } from '../canonical/canonical-error.js';
import type { Candidate, CanonicalReply } from '../canonical/canonical-reply.js';
import { deriveStop } from '../canonical/derive-stop.js';
import type { Expectation } from '../canonical/dialect.js';
import type { Citation, Part } from '../canonical/part.js';
import { unwrapJsonTool } from '../canonical/unwrap-json-tool.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { parseJson } from '../json/parse-json.js';
import { takeArray, takeCount, takeObject, takeRest, takeText } from '../json/take.js';
import { readLogprobs } from './logprobs.js';
import { takeCalls } from './read-messages.js';
import { readCitation, readReasoning, takeContent } from './read-parts.js';
import { readUsageOf } from './read-usage.js';
import { readStopWord } from './stop-words.js';

export const REPLY_MEMBERS = new Set(['id', 'object', 'created', 'model', 'choices', 'usage', 'service_tier']);
const CHOICE = new Set(['index', 'message', 'finish_reason', 'logprobs']);
const MESSAGE = new Set(
  'role content refusal tool_calls function_call reasoning reasoning_content reasoning_details annotations'.split(' '),
);

const NO_ANSWER: CanonicalError = { class: 'server', message: 'The provider sent no chat completion.', status: null };

/** A chat completion (https://platform.openai.com/docs/api-reference/chat/object), also of vendors that only resemble it. */
export function readReply(body: Uint8Array, expect: Expectation = {}): Result<CanonicalReply, CanonicalError> {
  const parsed = parseJson(body);
  if (!parsed.ok || !isObject(parsed.value) || !Array.isArray(parsed.value['choices'])) return fail(NO_ANSWER);
  const fields = parsed.value;
  return ok({
    source: 'openai-chat',
    id: takeText(fields['id']) ?? '',
    model: takeText(fields['model']) ?? '',
    createdAt: takeCount(fields['created']),
    candidates: takeArray(fields['choices']).map((choice) => readChoice(takeObject(choice), fields, expect)),
    usage: readUsageOf(fields),
    serviceTier: takeText(fields['service_tier']),
    rest: takeRest(fields, REPLY_MEMBERS),
  });
}

function readChoice(choice: JsonObject, reply: JsonObject, expect: Expectation): Candidate {
  const message = takeObject(choice['message']);
  const parts: Part[] = [...readReasoning(message), ...takeContent(message['content'])];
  cite(parts, [...takeArray(message['annotations']), ...takeArray(reply['citations'])].map(readCitation));
  const refusal = takeText(message['refusal']);
  if (refusal) parts.push({ type: 'refusal', text: refusal });
  const calls = takeCalls(message['tool_calls']);
  parts.push(...(calls.length > 0 ? calls : takeLegacyCall(message)));
  const shown = unwrapJsonTool(parts, expect);
  return {
    parts: shown,
    stop: deriveStop(readStopWord(takeText(choice['finish_reason']) ?? 'stop'), shown),
    logprobs: readLogprobs(choice['logprobs']),
    rest: readRest(choice, message),
  };
}

function takeLegacyCall(message: JsonObject): Part[] {
  const call = takeObject(message['function_call']);
  const name = takeText(call['name']);
  return name === undefined ? [] : [{ type: 'tool_call', id: name, name, arguments: takeText(call['arguments']) || '{}' }];
}

/** Citations are about the message; its last text carries them. */
function cite(parts: Part[], citations: readonly Citation[]): void {
  const at = parts.findLastIndex((part) => part.type === 'text');
  const part = parts[at];
  if (citations.length > 0 && part?.type === 'text') parts[at] = { ...part, citations };
}

/** Of two levels: the choice's own (`content_filter_results` of Azure) and the message's (`audio`). */
function readRest(choice: JsonObject, message: JsonObject): JsonObject | undefined {
  const ofChoice = takeRest(choice, CHOICE);
  const ofMessage = takeRest(message, MESSAGE);
  return ofChoice === undefined && ofMessage === undefined ? undefined : { choice: ofChoice, message: ofMessage };
}
