/**
 * Cuts a text into pieces that join to the same text, one token each: a word with the space before it, at most 8 characters.
 * Characters outside the basic plane stay whole.
 */
export function splitPieces(text: string): readonly string[] {
  return text.match(/\s*[^\s]{1,8}|\s+$/gu) ?? [];
}
