import type { CanonicalMessage } from '../canonical/message.js';
import type { Part } from '../canonical/part.js';
import type { JsonObject } from '../json/json-value.js';
import { type BlocksContext, writeBlocks, writeContent } from './write-blocks.js';

export interface WrittenMessages {
  readonly system: string | JsonObject[] | undefined;
  readonly messages: readonly JsonObject[];
}

interface Turn {
  readonly role: 'user' | 'assistant' | 'system';
  readonly parts: Part[];
}

/** Turns of user and assistant; what stands at the front as system goes to `system`, where the API wants it. */
export function writeMessages(
  messages: readonly CanonicalMessage[],
  context: BlocksContext & { readonly systemAnywhere: boolean },
): WrittenMessages {
  const system: Part[] = [];
  const turns: Turn[] = [];
  for (const message of messages) {
    const { role, parts } = message;
    if (message.name !== undefined) context.drops.add('name');
    if (!context.own) context.drops.addRest(message.rest);
    if (role !== 'system' && role !== 'developer') join(turns, role === 'assistant' ? 'assistant' : 'user', parts);
    else if (turns.length > 0 && context.systemAnywhere) join(turns, 'system', parts);
    else {
      if (turns.length > 0) context.drops.add('messages.system_position');
      system.push(...parts);
    }
  }
  // The API wants a turn of the user: instructions alone become one.
  if (turns.length === 0 && system.length > 0)
    return { system: undefined, messages: [{ role: 'user', content: writeContent(system, context) }] };
  const written = writeTurns(turns, context);
  return { system: system.length === 0 ? undefined : writeContent(system, context), messages: written };
}

/** Roles in a row are one turn to the API; joined here so that results and what follows them stay together. */
function join(turns: Turn[], role: Turn['role'], parts: readonly Part[]): void {
  const last = turns.at(-1);
  if (last?.role === role) last.parts.push(...parts);
  else turns.push({ role, parts: [...parts] });
}

/** A turn of which nothing could be carried is none: those around it are then one. */
function writeTurns(turns: readonly Turn[], context: BlocksContext): JsonObject[] {
  const written: { readonly role: Turn['role']; readonly blocks: JsonObject[] }[] = [];
  for (const { role, parts } of turns) {
    const blocks = writeBlocks(parts, context);
    const last = written.at(-1);
    if (blocks.length === 0) continue;
    if (last?.role === role) last.blocks.push(...blocks);
    else written.push({ role, blocks });
  }
  return written.map(({ role, blocks }) => ({ role, content: bareText(blocks) ?? blocks }));
}

/** The text of a lone block that says nothing else. */
function bareText(blocks: readonly JsonObject[]): string | null {
  const [only] = blocks;
  if (blocks.length !== 1 || only?.['type'] !== 'text' || typeof only['text'] !== 'string') return null;
  for (const name in only) if (name !== 'type' && name !== 'text' && only[name] !== undefined) return null;
  return only['text'];
}
