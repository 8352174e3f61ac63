import { NO_USAGE } from '@tollgate/contracts';
import { encodeJson } from '@tollgate/kernel';
import type { CanonicalReply } from '../canonical/canonical-reply.js';
import { deriveStop } from '../canonical/derive-stop.js';
import type { ReplyContext, Written } from '../canonical/dialect.js';
import { Drops } from '../canonical/drops.js';
import type { Citation, Part, RefusalPart } from '../canonical/part.js';
import { writeProof } from '../canonical/proof.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { parseJsonText } from '../json/parse-json.js';
import { writeStopWord } from './stop-words.js';
import { writeUsage } from './usage.js';

export function writeReply(reply: CanonicalReply, context: ReplyContext): Written {
  const drops = new Drops();
  const own = reply.source === 'anthropic-messages';
  if (!own) drops.addRest(reply.rest);
  if (reply.candidates.length > 1) drops.add('n');
  const candidate = reply.candidates[0];
  const parts = candidate?.parts ?? [];
  if (candidate?.logprobs !== undefined) drops.add('logprobs');
  if (!own) drops.addRest(candidate?.rest);
  const stop = deriveStop(candidate?.stop ?? 'stop', parts);
  const body: JsonObject = {
    id: reply.id || context.id,
    type: 'message',
    role: 'assistant',
    model: reply.model || context.model,
    content: parts.flatMap((part) => [...writeCallProof(part), ...blockOf(part, drops, own)]),
    stop_reason: writeStopWord(stop),
    stop_sequence: candidate?.stopSequence ?? null,
    stop_details: stopDetailsOf(parts),
    usage: { ...writeUsage(reply.usage ?? NO_USAGE), service_tier: own ? reply.serviceTier : undefined },
    ...(own ? reply.rest : undefined),
  };
  return { body: encodeJson(body), dropped: drops.names() };
}

function stopDetailsOf(parts: readonly Part[]): JsonValue | undefined {
  for (const part of parts) if (part.type === 'refusal') return writeRefusal(part);
  return undefined;
}

/** A refusal is no content to this API but a reason for the stop. */
export const writeRefusal = (part: Pick<RefusalPart, 'text' | 'rest'>): JsonValue =>
  part.rest?.['stop_details'] ?? { type: 'refusal', category: null, explanation: part.text };

/** One block of an answer; null (and named) where there is none for the part. */
export function writeAnswerBlock(part: Part, drops: Drops, own = false): JsonObject | null {
  switch (part.type) {
    case 'text':
      return part.text === ''
        ? null
        : {
            type: 'text',
            text: part.text,
            citations: writeAnswerCitations(part.citations, drops),
            ...(own ? part.rest : undefined),
          };
    case 'refusal':
      // Beside the content, in `stop_details`.
      return null;
    case 'reasoning': {
      const { text, signature, encrypted, id } = part;
      if (text === '' && encrypted !== undefined)
        return { type: 'redacted_thinking', data: writeProof(encrypted, 'anthropic', id) };
      const proof = signature ?? encrypted;
      return { type: 'thinking', thinking: text, signature: proof === undefined ? '' : writeProof(proof, 'anthropic', id) };
    }
    case 'tool_call':
      return {
        type: 'tool_use',
        id: part.id,
        name: part.name,
        input: inputOf(part.arguments, part.custom),
        ...(own ? part.rest : undefined),
      };
    case 'opaque':
      if (part.dialect === 'anthropic-messages') return part.value;
      drops.add(part.kind);
      return null;
    default:
      drops.add(part.type);
      return null;
  }
}

const blockOf = (part: Part, drops: Drops, own: boolean): JsonObject[] => {
  const block = writeAnswerBlock(part, drops, own);
  return block === null ? [] : [block];
};

/** Google signs calls and wants the proof back: it travels in a block of its own before the call, under the call's id. */
export const writeCallProof = (part: Part): JsonObject[] =>
  part.type === 'tool_call' && part.signature !== undefined
    ? [{ type: 'redacted_thinking', data: writeProof(part.signature, 'anthropic', part.id) }]
    : [];

function inputOf(text: string, custom: true | undefined): JsonValue {
  if (custom) return { input: text };
  // A model may write arguments that are no JSON: they are shown as they are rather than lost.
  return parseJsonText(text) ?? { input: text };
}

/** A citation of another vendor as one of a web search, the only shape with an address. */
export function writeAnswerCitation(citation: Citation): JsonValue | null {
  const { raw, url, title, citedText } = citation;
  if (raw?.dialect === 'anthropic-messages') return raw.value;
  if (url === undefined) return null;
  return { type: 'web_search_result_location', cited_text: citedText ?? '', encrypted_index: '', title: title ?? null, url };
}

function writeAnswerCitations(citations: readonly Citation[] | undefined, drops: Drops): JsonValue[] | undefined {
  const written = (citations ?? []).flatMap((citation) => {
    const one = writeAnswerCitation(citation);
    if (one === null) drops.add('citations');
    return one === null ? [] : [one];
  });
  return written.length > 0 ? written : undefined;
}
