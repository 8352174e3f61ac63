import type { Drops } from '../canonical/drops.js';
import type { MediaSource } from '../canonical/media-source.js';
import type { CanonicalMessage } from '../canonical/message.js';
import type { Part, ToolCallPart } from '../canonical/part.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { parseJsonText } from '../json/parse-json.js';

/** Texts, pictures and thoughts of a message: `content` is one string here, pictures stand beside it. */
interface Written {
  readonly texts: string[];
  readonly images: string[];
  readonly thoughts: string[];
}

/** Messages of `POST /api/chat` (https://docs.ollama.com/api/chat); any order of roles is taken. */
export function writeMessages(messages: readonly CanonicalMessage[], drops: Drops): JsonObject[] {
  const names = new Map<string, string>();
  const written: JsonObject[] = [];
  for (const message of messages) {
    if (message.name !== undefined) drops.add('name');
    drops.addRest(message.rest);
    for (const part of message.parts) if (part.type === 'tool_call') names.set(part.id, part.name);
    if (message.role === 'tool') writeResults(message, written, names, drops);
    else written.push(writeOne(message.role === 'developer' ? 'system' : message.role, message.parts, drops));
  }
  return written;
}

function writeOne(role: string, parts: readonly Part[], drops: Drops): JsonObject {
  const written: Written = { texts: [], images: [], thoughts: [] };
  const calls: ToolCallPart[] = [];
  for (const part of parts) {
    if (part.type === 'tool_call') calls.push(part);
    else add(part, written, drops);
  }
  const { thoughts } = written;
  return {
    role,
    ...contentOf(written),
    thinking: thoughts.length === 0 ? undefined : thoughts.join('\n\n'),
    tool_calls: calls.length === 0 ? undefined : calls.map((call) => writeCall(call, drops)),
  };
}

const contentOf = ({ texts, images }: Written): JsonObject => ({
  content: texts.join(''),
  images: images.length === 0 ? undefined : images,
});

/** A result says the name of its tool; its id goes along for servers that know calls by theirs. */
function writeResults(message: CanonicalMessage, written: JsonObject[], names: ReadonlyMap<string, string>, drops: Drops): void {
  const shown: Part[] = [];
  for (const part of message.parts) {
    if (part.type !== 'tool_result') {
      shown.push(part);
      continue;
    }
    if (part.isError) drops.add('is_error');
    if (part.cache !== undefined) drops.add('cache_control');
    drops.addRest(part.rest);
    const result: Written = { texts: [], images: [], thoughts: [] };
    for (const inner of part.parts) add(inner, result, drops);
    const tool_name = part.name ?? names.get(part.callId);
    written.push({ role: 'tool', ...contentOf(result), tool_name, tool_call_id: part.callId });
  }
  if (shown.length > 0) written.push(writeOne('user', shown, drops));
}

function writeCall(call: ToolCallPart, drops: Drops): JsonObject {
  if (call.signature !== undefined) drops.add('signature');
  if (call.cache !== undefined) drops.add('cache_control');
  drops.addRest(call.rest);
  const parsed = call.custom ? { input: call.arguments } : parseJsonText(call.arguments);
  if (!isObject(parsed)) drops.add('tool_calls.arguments');
  return { id: call.id, function: { name: call.name, arguments: isObject(parsed) ? parsed : {} } };
}

function add(part: Part, written: Written, drops: Drops): void {
  if (part.type === 'opaque') {
    drops.add(part.kind);
    return;
  }
  drops.addRest(part.rest);
  if (part.cache !== undefined) drops.add('cache_control');
  switch (part.type) {
    case 'text':
      if (part.citations !== undefined && part.citations.length > 0) drops.add('citations');
      written.texts.push(part.text);
      return;
    case 'refusal':
      written.texts.push(part.text);
      return;
    case 'image':
      if (part.detail !== undefined && part.detail !== 'auto') drops.add('detail');
      addImage(part.source, written, drops);
      return;
    case 'file':
      if (part.source.kind === 'text') written.texts.push(part.source.text);
      else drops.add('file');
      return;
    case 'reasoning':
      if (part.signature !== undefined || part.encrypted !== undefined) drops.add('signature');
      if (part.text === '') drops.add('reasoning');
      else written.thoughts.push(part.text);
      return;
    default:
      drops.add(part.type);
  }
}

/** Bare base64; the server fetches nothing. */
function addImage(source: MediaSource, { images }: Written, drops: Drops): void {
  if (source.kind === 'base64') images.push(source.data);
  else drops.add(source.kind === 'url' ? 'image_url' : 'image');
}
