import { fail, ok, type Result } from '@tollgate/kernel';
import type { CanonicalError } from '../canonical/canonical-error.js';
import type { CanonicalReply } from '../canonical/canonical-reply.js';
import { deriveStop } from '../canonical/derive-stop.js';
import type { Expectation } from '../canonical/dialect.js';
import { unwrapCustom } from '../canonical/free-text-tool.js';
import type { RefusalPart } from '../canonical/part.js';
import { signCalls } from '../canonical/sign-calls.js';
import { unwrapJsonTool } from '../canonical/unwrap-json-tool.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { parseJson } from '../json/parse-json.js';
import { takeArray, takeObject, takeRest, takeText } from '../json/take.js';
import { takeBlock } from './read-blocks.js';
import { readStopWord } from './stop-words.js';
import { readUsage } from './usage.js';

const MEMBERS = new Set('id type role model content stop_reason stop_sequence stop_details usage'.split(' '));
const NO_ANSWER: CanonicalError = { class: 'server', message: 'The provider sent no message.', status: null };

/** A message (https://platform.claude.com/docs/en/api/messages) as the canonical form. */
export function readReply(body: Uint8Array, expect: Expectation = {}): Result<CanonicalReply, CanonicalError> {
  const parsed = parseJson(body);
  if (!parsed.ok || !isObject(parsed.value) || !Array.isArray(parsed.value['content'])) return fail(NO_ANSWER);
  const fields = parsed.value;
  const blocks = signCalls(takeArray(fields['content']).map((block) => takeBlock(takeObject(block))));
  const parts = blocks.map((part) => unwrapCustom(part, expect));
  const refusal = readRefusal(fields['stop_details']);
  if (refusal !== null) parts.push(refusal);
  const shown = unwrapJsonTool(parts, expect);
  const candidate = {
    parts: shown,
    stop: deriveStop(readStopWord(takeText(fields['stop_reason']) ?? 'end_turn'), shown),
    stopSequence: takeText(fields['stop_sequence']),
  };
  return ok({
    source: 'anthropic-messages',
    id: takeText(fields['id']) ?? '',
    model: takeText(fields['model']) ?? '',
    createdAt: null,
    candidates: [candidate],
    usage: readUsage(fields['usage']),
    serviceTier: takeText(takeObject(fields['usage'])['service_tier']),
    rest: takeRest(fields, MEMBERS),
  });
}

/** Why the model declined stands beside the content; other dialects say it as a refusal. */
export function readRefusal(details: unknown): RefusalPart | null {
  const fields = takeObject(details);
  const text = takeText(fields['explanation']);
  return fields['type'] === 'refusal' && text ? { type: 'refusal', text, rest: { stop_details: fields as JsonObject } } : null;
}
