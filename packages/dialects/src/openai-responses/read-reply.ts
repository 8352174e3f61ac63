import { fail, ok, type Result } from '@tollgate/kernel';
import type { CanonicalError } from '../canonical/canonical-error.js';
import type { CanonicalReply } from '../canonical/canonical-reply.js';
import { deriveStop } from '../canonical/derive-stop.js';
import type { Expectation } from '../canonical/dialect.js';
import type { TokenLogprob } from '../canonical/logprob.js';
import type { Part } from '../canonical/part.js';
import { signCalls } from '../canonical/sign-calls.js';
import type { StopReason } from '../canonical/stop-reason.js';
import { unwrapJsonTool } from '../canonical/unwrap-json-tool.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { parseJson } from '../json/parse-json.js';
import { takeArray, takeCount, takeObject, takeRest, takeText } from '../json/take.js';
import { Unwanted } from '../json/want.js';
import { readLogprobs } from '../openai-chat/logprobs.js';
import { readErrorFields } from '../openai-chat/read-canonical-error.js';
import { readContent } from './read-content.js';
import { readCall, readReasoning } from './read-items.js';
import { readUsage } from './usage.js';

/** What the answer repeats of the request is the caller's already. */
export const REPLY_MEMBERS = new Set(
  `id object created_at completed_at status error incomplete_details model output output_text usage service_tier instructions
  max_output_tokens max_tool_calls parallel_tool_calls previous_response_id prompt_cache_key prompt_cache_retention reasoning
  safety_identifier store temperature text tool_choice tools top_logprobs top_p truncation user metadata background`.split(/\s+/),
);

const NO_ANSWER: CanonicalError = { class: 'server', message: 'The provider sent no response.', status: null };

/** A response (https://platform.openai.com/docs/api-reference/responses/object) as the canonical form. */
export function readReply(body: Uint8Array, expect: Expectation = {}): Result<CanonicalReply, CanonicalError> {
  const parsed = parseJson(body);
  if (!parsed.ok || !isObject(parsed.value) || !Array.isArray(parsed.value['output'])) return fail(NO_ANSWER);
  const fields = parsed.value;
  if (isObject(fields['error'])) return fail(readErrorFields(null, fields));
  const items = takeArray(fields['output']).map(takeObject);
  const parts = unwrapJsonTool(signCalls(items.flatMap(takeItem)), expect);
  return ok({
    source: 'openai-responses',
    id: takeText(fields['id']) ?? '',
    model: takeText(fields['model']) ?? '',
    createdAt: takeCount(fields['created_at']),
    candidates: [{ parts, stop: deriveStop(readStop(fields), parts), logprobs: logprobsOf(items) }],
    usage: readUsage(fields['usage']),
    serviceTier: takeText(fields['service_tier']),
    rest: takeRest(fields, REPLY_MEMBERS),
  });
}

export function readStop(response: JsonObject): StopReason {
  if (response['status'] !== 'incomplete') return 'stop';
  const reason = takeObject(response['incomplete_details'])['reason'];
  if (reason === 'max_output_tokens') return 'length';
  return reason === 'content_filter' ? 'content_filter' : 'other';
}

function takeItem(item: JsonObject): Part[] {
  try {
    if (item['type'] === 'message') return readContent(item['content'], 'output.content');
    if (item['type'] === 'reasoning') return [readReasoning(item)];
    if (item['type'] === 'function_call' || item['type'] === 'custom_tool_call') return [readCall(item, 'output')];
  } catch (error) {
    if (!(error instanceof Unwanted)) throw error;
  }
  return [{ type: 'opaque', dialect: 'openai-responses', kind: takeText(item['type']) ?? 'unknown', value: item }];
}

function logprobsOf(items: readonly JsonObject[]): readonly TokenLogprob[] | undefined {
  const all = items.flatMap((item) =>
    takeArray(item['content']).flatMap((part) => readLogprobs({ content: takeObject(part)['logprobs'] ?? null }) ?? []),
  );
  return all.length > 0 ? all : undefined;
}
