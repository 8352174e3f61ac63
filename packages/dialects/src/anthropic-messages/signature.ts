import type { ReasoningPart } from '../canonical/part.js';
import { readProof } from '../canonical/proof.js';

/** A thinking block's thought. What OpenAI has encrypted travels in the signature. */
export function readThinkingBlock(text: string, signature: string | undefined): ReasoningPart {
  if (!signature) return { type: 'reasoning', text };
  const { proof, id } = readProof(signature, 'anthropic');
  return proof.format === 'openai'
    ? { type: 'reasoning', text, encrypted: proof, id }
    : { type: 'reasoning', text, signature: proof, id };
}

export function readRedactedBlock(data: string): ReasoningPart {
  const { proof, id } = readProof(data, 'anthropic');
  return { type: 'reasoning', text: '', encrypted: proof, id };
}
