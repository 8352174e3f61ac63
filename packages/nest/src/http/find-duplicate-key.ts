import { pointerOf } from '../management/invalid-fields.js';

/** An object has the names that it has shown so far, a list (names null) the number of its element. */
interface Level {
  readonly names: Set<string> | null;
  part: string | number;
  expectsName: boolean;
}

const QUOTE = 34;
const BACKSLASH = 92;

/**
 * RFC 6901 pointer of the first name that stands twice in one object, null where none does. `text` has been parsed already:
 * nothing is checked but names. One pass without recursion, so depth and length cost no more than their length.
 */
export function findDuplicateKey(text: string): string | null {
  const levels: Level[] = [];
  let level: Level | undefined;
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case '"': {
        const end = endOfString(text, at);
        if (level?.names != null && level.expectsName) {
          level.part = JSON.parse(text.slice(at, end + 1)) as string;
          level.expectsName = false;
          if (level.names.has(level.part)) return pointerOf(levels.map(({ part }) => part));
          level.names.add(level.part);
        }
        at = end;
        break;
      }
      case '{':
      case '[':
        level =
          text[at] === '{' ? { names: new Set(), part: '', expectsName: true } : { names: null, part: 0, expectsName: false };
        levels.push(level);
        break;
      case '}':
      case ']':
        levels.pop();
        level = levels.at(-1);
        break;
      case ',':
        if (level === undefined) break;
        if (level.names === null) level.part = Number(level.part) + 1;
        else level.expectsName = true;
        break;
      default:
    }
  }
  return null;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}
