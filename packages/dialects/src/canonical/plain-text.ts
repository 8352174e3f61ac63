import type { Part } from './part.js';

/** The text of parts, one after another; what is no text is left out. */
export function plainText(parts: readonly Part[]): string {
  let text = '';
  for (const part of parts) if (part.type === 'text') text += part.text;
  return text;
}

export const isPlain = (parts: readonly Part[]): boolean => parts.every((part) => part.type === 'text');
