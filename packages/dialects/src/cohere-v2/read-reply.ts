import { fail, ok, type Result } from '@tollgate/kernel';
import type { CanonicalError } from '../canonical/canonical-error.js';
import type { CanonicalReply } from '../canonical/canonical-reply.js';
import { deriveStop } from '../canonical/derive-stop.js';
import type { Expectation } from '../canonical/dialect.js';
import { unwrapCustom } from '../canonical/free-text-tool.js';
import type { Citation, Part } from '../canonical/part.js';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { parseJson } from '../json/parse-json.js';
import { takeArray, takeObject, takeRest, takeText } from '../json/take.js';
import { placeOfCitation, readArguments, readCitation, readStop, readUsage } from './read-parts.js';

const REPLY_MEMBERS = new Set(['id', 'message', 'finish_reason', 'usage']);
const NO_ANSWER: CanonicalError = { class: 'server', message: 'The provider sent no message.', status: null };

/** A whole answer of `POST /v2/chat` (https://docs.cohere.com/reference/chat). It names neither its model nor its time. */
export function readReply(body: Uint8Array, expect: Expectation = {}): Result<CanonicalReply, CanonicalError> {
  const parsed = parseJson(body);
  if (!parsed.ok || !isObject(parsed.value) || !isObject(parsed.value['message'])) return fail(NO_ANSWER);
  const fields = parsed.value;
  const parts = readMessage(takeObject(fields['message'])).map((part) => unwrapCustom(part, expect));
  return ok({
    source: 'cohere-v2',
    id: takeText(fields['id']) ?? '',
    model: '',
    createdAt: null,
    candidates: [{ parts, stop: deriveStop(readStop(fields['finish_reason'] ?? 'COMPLETE'), parts) }],
    usage: readUsage(fields['usage']),
    rest: takeRest(fields, REPLY_MEMBERS),
  });
}

function readMessage(message: JsonObject): Part[] {
  const cited = takeArray(message['citations']).map(takeObject);
  const at = (place: 'plan' | number): readonly Citation[] | undefined => {
    const found = cited.filter((value) => placeOfCitation(value) === place).map(readCitation);
    return found.length > 0 ? found : undefined;
  };
  const parts: Part[] = readContent(message['content']).map((part, place) =>
    part.type === 'text' ? { ...part, citations: at(place) } : part,
  );
  const plan = takeText(message['tool_plan']);
  if (plan) parts.push({ type: 'text', text: plan, citations: at('plan') });
  for (const value of takeArray(message['tool_calls'])) {
    const call = takeObject(value);
    const { name, arguments: args } = takeObject(call['function']);
    const id = takeText(call['id']) ?? '';
    parts.push({ type: 'tool_call', id, name: takeText(name) ?? '', arguments: readArguments(takeText(args) ?? '') });
  }
  return parts.filter((part) => part.type !== 'text' || part.text !== '');
}

function readContent(content: JsonValue | undefined): Part[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return takeArray(content).map((value) => {
    const part = takeObject(value);
    const thinking = part['type'] === 'thinking' ? takeText(part['thinking']) : undefined;
    return thinking === undefined ? { type: 'text', text: takeText(part['text']) ?? '' } : { type: 'reasoning', text: thinking };
  });
}
