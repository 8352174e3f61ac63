import type { ReasoningPart, Signature, ThoughtFormat } from '../canonical/part.js';

/**
 * This dialect's places for a proof (`signature` of thinking, `data` of redacted_thinking) also carry those of other vendors
 * to a caller and back: `tollgate:<format>:<id>:<data>`. Anthropic's own are base64 and so have no colon.
 */
const PREFIX = 'tollgate:';
const FORMATS: ReadonlySet<string> = new Set<ThoughtFormat>(['anthropic', 'google', 'openai', 'bedrock']);

export const writeProof = (proof: Signature, id = ''): string =>
  proof.format === 'anthropic' ? proof.data : `${PREFIX}${proof.format}:${id}:${proof.data}`;

export interface Proof {
  readonly proof: Signature;
  readonly id?: string;
}

export function readProof(text: string): Proof {
  if (text.startsWith(PREFIX)) {
    const formatEnd = text.indexOf(':', PREFIX.length);
    const idEnd = text.indexOf(':', formatEnd + 1);
    const format = text.slice(PREFIX.length, formatEnd);
    if (formatEnd > 0 && idEnd > 0 && FORMATS.has(format)) {
      const id = text.slice(formatEnd + 1, idEnd);
      return { proof: { format: format as ThoughtFormat, data: text.slice(idEnd + 1) }, id: id === '' ? undefined : id };
    }
  }
  return { proof: { format: 'anthropic', data: text } };
}

/** A thinking block's thought. What OpenAI has encrypted travels in the signature. */
export function readThinkingBlock(text: string, signature: string | undefined): ReasoningPart {
  if (!signature) return { type: 'reasoning', text };
  const { proof, id } = readProof(signature);
  return proof.format === 'openai'
    ? { type: 'reasoning', text, encrypted: proof, id }
    : { type: 'reasoning', text, signature: proof, id };
}

export function readRedactedBlock(data: string): ReasoningPart {
  const { proof, id } = readProof(data);
  return { type: 'reasoning', text: '', encrypted: proof, id };
}
