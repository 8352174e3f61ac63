import type { Drops } from '../canonical/drops.js';
import type { Logprob, TokenLogprob } from '../canonical/logprob.js';
import type { Part, ReasoningPart } from '../canonical/part.js';
import { writeProof } from '../canonical/proof.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { writeAnnotations } from './write-content.js';
import { writeCall } from './write-items.js';

export type Status = 'completed' | 'in_progress' | 'incomplete';

/** The item that an answer has for a part, null (and named) where there is none. `id` is made by the caller of this. */
export function writeOutputItem(
  part: Part,
  id: string,
  status: Status,
  drops: Drops,
  logprobs?: readonly TokenLogprob[],
): JsonObject | null {
  switch (part.type) {
    case 'text':
      if (part.signature !== undefined) drops.add('signature');
      return messageItem(id, status, [
        { type: 'output_text', text: part.text, annotations: writeAnnotations(part, drops), logprobs: logprobList(logprobs) },
      ]);
    case 'refusal':
      return messageItem(id, status, [{ type: 'refusal', refusal: part.text }]);
    case 'tool_call':
      return { id, ...writeCall(part), status };
    case 'reasoning':
      return writeReasoningItem(part, id);
    case 'opaque':
      if (part.dialect === 'openai-responses') return part.value;
      drops.add(part.kind);
      return null;
    default:
      drops.add(part.type);
      return null;
  }
}

export const messageItem = (id: string, status: Status, content: readonly JsonObject[]): JsonObject => ({
  id,
  type: 'message',
  role: 'assistant',
  status,
  content,
});

/** As in chat completions, but that bytes are not nullable here. */
export const logprobList = (logprobs: readonly TokenLogprob[] | undefined): JsonValue =>
  (logprobs ?? []).map((entry) => ({ ...writeOne(entry), top_logprobs: entry.top.map(writeOne) }));

const writeOne = ({ token, logprob, bytes }: Logprob): JsonObject => ({ token, logprob, bytes: bytes ?? [] });

/** A thought and its proof; what another vendor signed travels in `encrypted_content`. */
export function writeReasoningItem(part: ReasoningPart, id: string): JsonObject {
  const { text, summary, signature, encrypted } = part;
  const pieces = summary ?? (text === '' ? [] : [text]);
  const proof = encrypted ?? signature;
  return {
    id: proof !== undefined && proof.format !== 'openai' ? id : (part.id ?? id),
    type: 'reasoning',
    summary: pieces.map((piece) => ({ type: 'summary_text', text: piece })),
    encrypted_content: proof === undefined ? undefined : writeProof(proof, 'openai', part.id),
  };
}

/** Google signs calls and wants the proof back: it travels in an item of its own before the call, under the call's id. */
export const writeCallProof = (part: Part, id: string): JsonObject[] =>
  part.type === 'tool_call' && part.signature !== undefined
    ? [{ id, type: 'reasoning', summary: [], encrypted_content: writeProof(part.signature, 'openai', part.id) }]
    : [];

const PREFIXES: Readonly<Record<string, string>> = { text: 'msg', refusal: 'msg', reasoning: 'rs', tool_call: 'fc' };
export const itemId = (part: Part, replyId: string, index: number): string =>
  `${PREFIXES[part.type] ?? 'item'}_${replyId}_${index}`;
