import { fail, ok, type Result } from '@tollgate/kernel';
import type { CanonicalError } from '../canonical/canonical-error.js';
import type { Candidate, CanonicalReply } from '../canonical/canonical-reply.js';
import { deriveStop } from '../canonical/derive-stop.js';
import type { Expectation } from '../canonical/dialect.js';
import { unwrapCustom } from '../canonical/free-text-tool.js';
import type { Part } from '../canonical/part.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { parseJson } from '../json/parse-json.js';
import { takeArray, takeObject, takeRest, takeText } from '../json/take.js';
import { Unwanted } from '../json/want.js';
import { AnswerIds } from './call-ids.js';
import { readCitations } from './grounding.js';
import { joinThoughts } from './join-thoughts.js';
import { readLogprobs } from './logprobs.js';
import { type CallIds, readPart } from './read-parts.js';
import { readStopWord } from './stop-words.js';
import { readUsage } from './usage.js';

export const REPLY_MEMBERS = new Set([
  'candidates',
  'usageMetadata',
  'modelVersion',
  'responseId',
  'promptFeedback',
  'createTime',
]);
export const CANDIDATE_MEMBERS = new Set(['content', 'finishReason', 'index', 'logprobsResult', 'avgLogprobs', 'finishMessage']);
const NO_ANSWER: CanonicalError = { class: 'server', message: 'The provider sent no content.', status: null };

/** GenerateContentResponse (https://ai.google.dev/api/generate-content#generatecontentresponse) as the canonical form. */
export function readReply(body: Uint8Array, expect: Expectation = {}): Result<CanonicalReply, CanonicalError> {
  const parsed = parseJson(body);
  if (!parsed.ok || !isObject(parsed.value)) return fail(NO_ANSWER);
  const fields = parsed.value;
  const blocked = takeText(takeObject(fields['promptFeedback'])['blockReason']);
  const candidates = takeArray(fields['candidates']).map(takeObject);
  if (candidates.length === 0 && blocked === undefined) return fail(NO_ANSWER);
  const id = takeText(fields['responseId']) ?? '';
  const ids = new AnswerIds(() => id);
  const refused: Candidate = { parts: [], stop: 'content_filter' };
  return ok({
    source: 'gemini',
    id,
    model: takeText(fields['modelVersion']) ?? '',
    createdAt: null,
    candidates: candidates.length > 0 ? candidates.map((candidate) => readCandidate(candidate, ids, expect)) : [refused],
    usage: readUsage(fields['usageMetadata']),
    rest: takeRest(fields, REPLY_MEMBERS),
  });
}

function readCandidate(candidate: JsonObject, ids: CallIds, expect: Expectation): Candidate {
  const read: Part[] = [];
  for (const entry of takeArray(takeObject(candidate['content'])['parts']))
    add(read, unwrapCustom(takePart(takeObject(entry), ids), expect));
  const parts = joinThoughts(read);
  const citations = readCitations(candidate);
  const at = parts.findLastIndex((part) => part.type === 'text');
  const text = parts[at];
  if (citations.length > 0 && text?.type === 'text') parts[at] = { ...text, citations };
  return {
    parts,
    stop: deriveStop(readStopWord(takeText(candidate['finishReason']) ?? 'STOP'), parts),
    logprobs: readLogprobs(candidate['logprobsResult']),
    rest: takeRest(candidate, CANDIDATE_MEMBERS),
  };
}

/** A signature may come in an empty text of its own, after what it signs. */
function add(parts: Part[], part: Part): void {
  const last = parts.at(-1);
  if (part.type === 'text' && part.text === '') {
    if (part.signature !== undefined && last?.type === 'text') parts[parts.length - 1] = { ...last, signature: part.signature };
  } else parts.push(part);
}

/** A part of an answer; one that is not whole stays as it came, since an upstream is no caller to refuse. */
export function takePart(part: JsonObject, ids: CallIds): Part {
  try {
    return readPart(part, 'parts', ids);
  } catch (error) {
    if (!(error instanceof Unwanted)) throw error;
    return { type: 'opaque', dialect: 'gemini', kind: 'unknown', value: part };
  }
}
