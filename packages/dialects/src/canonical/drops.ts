import type { JsonObject } from '../json/json-value.js';

const NAMES_MAX = 64;
const NAME_LENGTH_MAX = 64;

/** Collects the names of what could not be carried, each once; they end up in a header, so they are few and plain. */
export class Drops {
  private readonly seen = new Set<string>();

  add(name: string): void {
    if (this.seen.size < NAMES_MAX) this.seen.add(name.replace(/[^\w.[\]-]/g, '_').slice(0, NAME_LENGTH_MAX));
  }

  /** Names the members of a `rest` that belongs to another dialect. */
  addRest(rest: JsonObject | undefined, prefix = ''): void {
    if (rest !== undefined) for (const name in rest) this.add(prefix + name);
  }

  names(): readonly string[] {
    return [...this.seen];
  }
}
