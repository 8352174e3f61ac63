import { type CST, type LineCounter, Parser } from 'yaml';

/** Far more than the schema has; the composer that comes next calls itself for each level. */
export const NESTING_MAX = 50;

type Token = CST.Token;

/** Offset of the first value that lies too deep, or null. Works on the flat parser's tokens with a stack of its own; fills `lines`. */
export function findTooDeep(text: string, lines: LineCounter): number | null {
  const waiting: { readonly token: Token; readonly depth: number }[] = [];
  let found: number | null = null;
  // The parser tells of each line as it goes, so it is run to its end.
  for (const token of new Parser(lines.addNewLine).parse(text)) waiting.push({ token, depth: 0 });
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { token, depth } = next;
    if (depth > NESTING_MAX) found = found === null || token.offset < found ? token.offset : found;
    else for (const child of childrenOf(token)) waiting.push({ token: child, depth: depth + 1 });
  }
  return found;
}

function childrenOf(token: Token): readonly Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [key, value].filter((child): child is Token => child != null));
}
