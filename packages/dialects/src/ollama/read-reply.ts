import { fail, ok, type Result } from '@tollgate/kernel';
import type { CanonicalError } from '../canonical/canonical-error.js';
import type { CanonicalReply } from '../canonical/canonical-reply.js';
import { deriveStop } from '../canonical/derive-stop.js';
import type { Expectation } from '../canonical/dialect.js';
import { unwrapCustom } from '../canonical/free-text-tool.js';
import type { Part } from '../canonical/part.js';
import { isObject } from '../json/json-value.js';
import { parseJson } from '../json/parse-json.js';
import { takeArray, takeObject, takeRest, takeText } from '../json/take.js';
import { REPLY_MEMBERS, readCall, readStop, readTime, readTokens, readUsage } from './read-parts.js';

const NO_ANSWER: CanonicalError = { class: 'server', message: 'The provider sent no message.', status: null };

/** A whole answer of `POST /api/chat` (https://docs.ollama.com/api/chat). It has no id. */
export function readReply(body: Uint8Array, expect: Expectation = {}): Result<CanonicalReply, CanonicalError> {
  const parsed = parseJson(body);
  if (!parsed.ok || !isObject(parsed.value) || !isObject(parsed.value['message'])) return fail(NO_ANSWER);
  const fields = parsed.value;
  const message = takeObject(fields['message']);
  const thinking = takeText(message['thinking']);
  const content = takeText(message['content']);
  const parts: Part[] = [];
  if (thinking) parts.push({ type: 'reasoning', text: thinking });
  if (content) parts.push({ type: 'text', text: content });
  for (const [place, call] of takeArray(message['tool_calls']).entries())
    parts.push(unwrapCustom(readCall(takeObject(call), fields['created_at'], place), expect));
  return ok({
    source: 'ollama',
    id: '',
    model: takeText(fields['model']) ?? '',
    createdAt: readTime(fields['created_at']),
    candidates: [{ parts, stop: deriveStop(readStop(fields['done_reason']), parts), logprobs: readTokens(fields) }],
    usage: readUsage(fields),
    rest: takeRest(fields, REPLY_MEMBERS),
  });
}
