import type { JsonObject } from '../json/json-value.js';

const NAMES_MAX = 64;
const NAME_LENGTH_MAX = 64;

/** Members that point to what only their own vendor has: without them the call would mean something else. */
const ESSENTIAL: ReadonlySet<string> = new Set([
  'previous_response_id',
  'conversation',
  'prompt',
  'background',
  'item_reference',
  'container',
  'cachedContent',
]);

/** Collects the names of what could not be carried, each once; they end up in a header, so they are few and plain. */
export class Drops {
  private readonly seen = new Set<string>();

  add(name: string): void {
    if (this.seen.size < NAMES_MAX) this.seen.add(name.replace(/[^\w.[\]-]/g, '_').slice(0, NAME_LENGTH_MAX));
  }

  /** Names of dropped members that the call cannot do without: it is to be refused. */
  essential(): readonly string[] {
    return this.names().filter((name) => ESSENTIAL.has(name));
  }

  /** Names the members of a `rest` that belongs to another dialect. */
  addRest(rest: JsonObject | undefined, prefix = ''): void {
    if (rest !== undefined) for (const name in rest) this.add(prefix + name);
  }

  names(): readonly string[] {
    return [...this.seen];
  }
}
