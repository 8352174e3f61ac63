import type { CanonicalMessage } from '../canonical/message.js';
import type { Part } from '../canonical/part.js';
import type { Target } from '../canonical/target.js';
import type { JsonObject } from '../json/json-value.js';
import { type PartsContext, signForeignCalls, writeParts } from './write-parts.js';

export interface WrittenContents {
  readonly systemInstruction: JsonObject | undefined;
  readonly contents: readonly JsonObject[];
}

interface Turn {
  readonly role: 'user' | 'model' | 'tool';
  readonly parts: Part[];
}

/** Contents of user and model; all instructions go to `systemInstruction`, the only place that the API has for them. */
export function writeContents(messages: readonly CanonicalMessage[], target: Target, context: PartsContext): WrittenContents {
  const system: Part[] = [];
  const turns: Turn[] = [];
  const names = new Map<string, string>();
  for (const message of messages) {
    const { role, parts } = message;
    if (message.name !== undefined) context.drops.add('name');
    if (!context.own) context.drops.addRest(message.rest);
    for (const part of parts) if (part.type === 'tool_call') names.set(part.id, part.name);
    if (role === 'system' || role === 'developer') {
      if (turns.length > 0) context.drops.add('messages.system_position');
      system.push(...parts);
    } else if (role === 'tool') joinResults(turns, parts, names);
    else join(turns, role === 'assistant' ? 'model' : 'user', parts);
  }
  // The API wants a content of the user: instructions alone become one.
  if (turns.length === 0 && system.length > 0) {
    return { systemInstruction: undefined, contents: [{ role: 'user', parts: writeParts(system, context) }] };
  }
  const contents = writeTurns(turns, target, context);
  return { systemInstruction: system.length > 0 ? { parts: writeParts(system, context) } : undefined, contents };
}

function join(turns: Turn[], role: Turn['role'], parts: readonly Part[]): void {
  const last = turns.at(-1);
  if (last?.role === role) last.parts.push(...parts);
  else turns.push({ role, parts: [...parts] });
}

/** What a result shows besides text follows as the user's: a response holds an object only. */
function joinResults(turns: Turn[], parts: readonly Part[], names: ReadonlyMap<string, string>): void {
  const shown: Part[] = [];
  const results: Part[] = [];
  for (const part of parts) {
    if (part.type !== 'tool_result') {
      shown.push(part);
      continue;
    }
    results.push({ ...part, name: part.name ?? names.get(part.callId) });
    const others = part.parts.filter((inner) => inner.type !== 'text');
    if (others.length > 0) shown.push({ type: 'text', text: `Of the result of ${part.callId}:` }, ...others);
  }
  join(turns, 'tool', results);
  if (shown.length > 0) join(turns, 'user', shown);
}

/** A turn of which nothing could be carried is none: those around it are then one. */
function writeTurns(turns: readonly Turn[], target: Target, context: PartsContext): JsonObject[] {
  const written: { readonly role: Turn['role']; readonly parts: JsonObject[] }[] = [];
  for (const { role, parts } of turns) {
    const own = writeParts(parts, context);
    const last = written.at(-1);
    if (own.length === 0) continue;
    if (last?.role === role) last.parts.push(...own);
    else written.push({ role, parts: own });
  }
  return written.map(({ role, parts }) => ({
    role: role === 'model' ? 'model' : 'user',
    parts: role === 'model' && target.signedCalls ? signForeignCalls(parts) : parts,
  }));
}
