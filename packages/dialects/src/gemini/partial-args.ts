import type { JsonObject, JsonValue } from '../json/json-value.js';
import { takeArray, takeObject, takeText } from '../json/take.js';

type Container = Record<string, JsonValue> | JsonValue[];

const STEP = /\.([^.[\]]+)|\[(\d{1,4})\]|\["([^"\]]*)"\]|\['([^'\]]*)'\]/y;
const STEPS_MAX = 32;
const INDEX_MAX = 10_000;
const LENGTH_MAX = 16 * 1024 * 1024;

/**
 * Arguments that Vertex streams as values at JSON paths (`{"jsonPath":"$.town","stringValue":"Os","willContinue":true}`): a
 * string grows with each piece, anything else comes whole.
 */
export class PartialArgs {
  private readonly root: Record<string, JsonValue> = {};
  private length = 0;

  /** False where the paths are not ones that can be followed. */
  add(pieces: JsonValue | undefined): boolean {
    for (const entry of takeArray(pieces)) {
      const piece = takeObject(entry);
      const steps = parsePath(takeText(piece['jsonPath']) ?? '');
      const value = valueOfPiece(piece);
      this.length += typeof value === 'string' ? value.length : 8;
      if (steps === null || this.length > LENGTH_MAX || !this.put(steps, value)) return false;
    }
    return true;
  }

  text(): string {
    return JSON.stringify(this.root);
  }

  private put(steps: readonly (string | number)[], value: JsonValue): boolean {
    let at: Container = this.root;
    for (const [place, step] of steps.entries()) {
      const isLast = place === steps.length - 1;
      if (Array.isArray(at) !== (typeof step === 'number')) return false;
      const here = at as Record<string | number, JsonValue>;
      const before = Object.hasOwn(here, step) ? here[step] : undefined;
      if (isLast) {
        here[step] = typeof before === 'string' && typeof value === 'string' ? before + value : value;
        return true;
      }
      let next = before as Container | undefined;
      if (typeof next !== 'object' || next === null) {
        next = typeof steps[place + 1] === 'number' ? [] : {};
        here[step] = next as JsonValue;
      }
      at = next;
    }
    return false;
  }
}

function parsePath(path: string): readonly (string | number)[] | null {
  if (!path.startsWith('$')) return null;
  const steps: (string | number)[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path);
    if (match === null || steps.length >= STEPS_MAX) return null;
    const name = match[1] ?? match[3] ?? match[4];
    if (name === '__proto__') return null;
    const index = Number(match[2]);
    if (name === undefined && index > INDEX_MAX) return null;
    steps.push(name ?? index);
  }
  return steps.length > 0 ? steps : null;
}

function valueOfPiece(piece: JsonObject): JsonValue {
  return piece['stringValue'] ?? piece['numberValue'] ?? piece['boolValue'] ?? null;
}
