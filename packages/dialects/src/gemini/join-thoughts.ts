import type { Part, ReasoningPart } from '../canonical/part.js';

const isProven = (part: ReasoningPart): boolean => (part.signature ?? part.encrypted) !== undefined;

/**
 * Streams cut a thought into parts, its proof in an empty one at the end, and clients give them back as they came: what was
 * signed is the whole.
 */
export function joinThoughts(parts: readonly Part[]): Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.type === 'reasoning' && last?.type === 'reasoning' && !isProven(last)) joined[joined.length - 1] = join(last, part);
    else joined.push(part);
  }
  return joined;
}

function join(before: ReasoningPart, after: ReasoningPart): ReasoningPart {
  const text = before.text + after.text;
  return { ...before, ...after, text, ...proofOf(after, text) };
}

/** A proof beside an empty text was taken for a thought that is only there encrypted; beside a text it signs that. */
export function proofOf({ signature, encrypted }: ReasoningPart, text: string): Pick<ReasoningPart, 'signature' | 'encrypted'> {
  if (text !== '' && encrypted !== undefined && encrypted.format !== 'openai')
    return { signature: encrypted, encrypted: undefined };
  return { signature, encrypted };
}
