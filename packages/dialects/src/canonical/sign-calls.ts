import type { Part, ReasoningPart, Signature } from './part.js';

/** A block that carries the proof of the call with its id, and is no thought. */
export const isCallProof = (part: Part): part is ReasoningPart & { readonly id: string; readonly encrypted: Signature } =>
  part.type === 'reasoning' && part.encrypted?.format === 'google' && part.id !== undefined;

/** Gives calls the proofs that went to the caller in blocks before them. */
export function signCalls(parts: readonly Part[]): readonly Part[] {
  const proofs = new Map<string, Signature>();
  for (const part of parts) if (isCallProof(part)) proofs.set(part.id, part.encrypted);
  if (proofs.size === 0) return parts;
  return parts.filter((part) => !isCallProof(part)).map((part) => signCall(part, proofs));
}

export function signCall<T extends Part>(part: T, proofs: ReadonlyMap<string, Signature>): T {
  const signature = part.type === 'tool_call' ? proofs.get(part.id) : undefined;
  return signature === undefined ? part : { ...part, signature };
}
