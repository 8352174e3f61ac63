import { encodeJson } from '@tollgate/kernel';
import type { Candidate, CanonicalReply } from '../canonical/canonical-reply.js';
import { deriveStop } from '../canonical/derive-stop.js';
import type { ReplyContext, Written } from '../canonical/dialect.js';
import { Drops } from '../canonical/drops.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { takeObject } from '../json/take.js';
import { writeLogprobs } from './logprobs.js';
import { writeStopWord } from './stop-words.js';
import { writeCall, writeCitation, writeDetails } from './write-parts.js';
import { writeUsage } from './write-usage.js';

export function writeReply(reply: CanonicalReply, context: ReplyContext): Written {
  const drops = new Drops();
  const own = reply.source === 'openai-chat';
  if (!own) drops.addRest(reply.rest);
  const body: JsonObject = {
    id: reply.id || context.id,
    object: 'chat.completion',
    created: reply.createdAt ?? context.now,
    model: reply.model || context.model,
    choices: reply.candidates.map((candidate, index) => writeChoice(candidate, index, own, drops)),
    usage: reply.usage === null ? undefined : writeUsage(reply.usage),
    service_tier: own ? reply.serviceTier : undefined,
    ...(own ? reply.rest : undefined),
  };
  return { body: encodeJson(body), dropped: drops.names() };
}

function writeChoice(candidate: Candidate, index: number, own: boolean, drops: Drops): JsonObject {
  const rest = own ? takeObject(candidate.rest) : {};
  if (!own) drops.addRest(candidate.rest);
  const { message, refusal } = writeMessage(candidate, own, drops);
  return {
    index,
    message: { ...message, ...takeObject(rest['message']) },
    logprobs: writeLogprobs(candidate.logprobs),
    finish_reason: writeStopWord(deriveStop(candidate.stop, candidate.parts), refusal),
    ...takeObject(rest['choice']),
  };
}

function writeMessage({ parts }: Candidate, own: boolean, drops: Drops): { message: JsonObject; refusal: boolean } {
  let text: string | null = null;
  let refusal: string | null = null;
  let reasoning = '';
  const details: JsonObject[] = [];
  const calls: JsonObject[] = [];
  const annotations: JsonValue[] = [];
  let signed = false;
  let thoughts = 0;
  for (const part of parts) {
    switch (part.type) {
      case 'text': {
        const offset: number = text?.length ?? 0;
        text = (text ?? '') + part.text;
        for (const citation of part.citations ?? []) {
          const moved = citation.raw?.dialect === 'openai-chat' || offset === 0 ? citation : shift(citation, offset);
          const written = writeCitation(moved, text.length);
          if (written === null) drops.add('citations');
          else if (typeof written !== 'string') annotations.push(written);
        }
        break;
      }
      case 'refusal':
        refusal = (refusal ?? '') + part.text;
        break;
      case 'reasoning':
        reasoning += reasoning !== '' && part.text !== '' ? `\n\n${part.text}` : part.text;
        details.push(...writeDetails(part, thoughts));
        thoughts += 1;
        signed ||= part.signature !== undefined || part.encrypted !== undefined;
        break;
      case 'tool_call':
        calls.push(writeCall(part, own));
        break;
      default:
        drops.add(part.type === 'opaque' ? part.kind : part.type);
    }
  }
  const message: JsonObject = {
    role: 'assistant',
    content: text,
    refusal,
    reasoning_content: reasoning || undefined,
    // Only where something must come back to us byte for byte.
    reasoning_details: signed ? details : undefined,
    annotations: annotations.length > 0 ? annotations : undefined,
    tool_calls: calls.length > 0 ? calls : undefined,
  };
  return { message, refusal: refusal !== null };
}

const shift = <T extends { readonly start?: number; readonly end?: number }>(citation: T, offset: number): T => ({
  ...citation,
  start: citation.start === undefined ? offset : citation.start + offset,
  end: citation.end === undefined ? undefined : citation.end + offset,
});
