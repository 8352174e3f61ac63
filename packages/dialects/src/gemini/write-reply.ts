import { encodeJson } from '@tollgate/kernel';
import type { Candidate, CanonicalReply } from '../canonical/canonical-reply.js';
import type { ReplyContext, Written } from '../canonical/dialect.js';
import { Drops } from '../canonical/drops.js';
import type { Citation, Part } from '../canonical/part.js';
import { writeProof } from '../canonical/proof.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { parseJsonText } from '../json/parse-json.js';
import { writeGrounding } from './grounding.js';
import { writeLogprobs } from './logprobs.js';
import { writeStopWord } from './stop-words.js';
import { writeUsage } from './usage.js';

export function writeReply(reply: CanonicalReply, context: ReplyContext): Written {
  const drops = new Drops();
  const own = reply.source === 'gemini';
  if (!own) drops.addRest(reply.rest);
  const body: JsonObject = {
    candidates: reply.candidates.map((candidate, index) => writeCandidate(candidate, index, own, drops)),
    usageMetadata: reply.usage === null ? undefined : writeUsage(reply.usage),
    modelVersion: reply.model || context.model,
    responseId: reply.id || context.id,
    ...(own ? reply.rest : undefined),
  };
  return { body: encodeJson(body), dropped: drops.names() };
}

function writeCandidate(candidate: Candidate, index: number, own: boolean, drops: Drops): JsonObject {
  if (!own) drops.addRest(candidate.rest);
  const citations: Citation[] = [];
  const parts: JsonObject[] = [];
  for (const part of candidate.parts) {
    if (part.type === 'text') citations.push(...(part.citations ?? []));
    const written = writeAnswerPart(part, drops);
    if (written !== null) parts.push(written);
  }
  return {
    content: { parts, role: 'model' },
    finishReason: writeStopWord(candidate.stop),
    index,
    logprobsResult: writeLogprobs(candidate.logprobs),
    groundingMetadata: writeGrounding(citations),
    ...(own ? candidate.rest : undefined),
  };
}

/** One part of an answer, null (and named) where this dialect has none for it. */
export function writeAnswerPart(part: Part, drops: Drops): JsonObject | null {
  switch (part.type) {
    case 'text':
      return { text: part.text, thoughtSignature: part.signature && writeProof(part.signature, 'google') };
    case 'refusal':
      // Shown as text: there is no other place.
      drops.add('refusal');
      return { text: part.text };
    case 'reasoning': {
      const proof = part.signature ?? part.encrypted;
      return { text: part.text, thought: true, thoughtSignature: proof && writeProof(proof, 'google', part.id) };
    }
    case 'tool_call': {
      const { id, name, signature } = part;
      const call = { id, name, args: argumentsOf(part.arguments, part.custom) };
      return { functionCall: call, thoughtSignature: signature && writeProof(signature, 'google') };
    }
    case 'image':
    case 'audio':
    case 'file':
      if (part.source.kind === 'base64') return { inlineData: { mimeType: part.source.mediaType, data: part.source.data } };
      break;
    case 'opaque':
      if (part.dialect === 'gemini') return part.value;
      drops.add(part.kind);
      return null;
    default:
  }
  drops.add(part.type);
  return null;
}

/** A model may write arguments that are no JSON object: they are shown as they are rather than lost. */
function argumentsOf(text: string, custom: true | undefined): JsonObject {
  const parsed = custom ? undefined : parseJsonText(text);
  return isObject(parsed) ? parsed : { input: text };
}
