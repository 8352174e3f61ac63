import type { CanonicalMessage, Role } from '../canonical/message.js';
import { checkMessageCount } from '../canonical/messages-max.js';
import type { Part, ReasoningPart, ToolCallPart } from '../canonical/part.js';
import { readProof } from '../canonical/proof.js';
import { signCalls } from '../canonical/sign-calls.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { takeArray, takeObject, takeRest, takeText } from '../json/take.js';
import { needObject, needText, Unwanted, wantArray, wantText } from '../json/want.js';
import { readArguments } from '../openai-chat/read-messages.js';
import { readContent } from './read-content.js';

const MESSAGE = new Set(['type', 'role', 'content']);
const CALL = new Set(['type', 'call_id', 'name', 'arguments', 'input']);
const OUTPUT = new Set(['type', 'call_id', 'output']);
const REASONING = new Set(['type', 'id', 'summary', 'content', 'encrypted_content']);
const ROLES: ReadonlySet<string> = new Set(['user', 'system', 'developer', 'assistant']);

/** `input`: a text of the user or items; the items of one turn of the assistant become one message. */
export function readItems(input: JsonValue | undefined): CanonicalMessage[] {
  if (typeof input === 'string') return [{ role: 'user', parts: [{ type: 'text', text: input }] }];
  const items = wantArray(input, 'input') ?? [];
  checkMessageCount(items.length, 'input');
  const turns = new Turns();
  items.forEach((entry, index) => {
    turns.read(needObject(entry, `input[${index}]`), `input[${index}]`);
  });
  return turns.messages.map((message) =>
    message.role === 'assistant' ? { ...message, parts: signCalls(message.parts) } : message,
  );
}

interface Turn {
  readonly role: Role;
  readonly parts: Part[];
  rest?: JsonObject;
  /** An item of type `message` is in it: a second one begins a turn of its own, so that each keeps its id. */
  spoken: boolean;
}

class Turns {
  readonly messages: Turn[] = [];
  private readonly names = new Map<string, string>();

  read(item: JsonObject, path: string): void {
    const type = takeText(item['type']) ?? (item['role'] === undefined ? 'item_reference' : 'message');
    switch (type) {
      case 'message':
        this.readMessage(item, path);
        return;
      case 'function_call':
      case 'custom_tool_call': {
        const call = readCall(item, path);
        this.names.set(call.id, call.name);
        this.assistant().parts.push(call);
        return;
      }
      case 'function_call_output':
      case 'custom_tool_call_output':
        this.readOutput(item, path, type);
        return;
      case 'reasoning':
        this.assistant().parts.push(readReasoning(item));
        return;
      default:
        this.assistant().parts.push({ type: 'opaque', dialect: 'openai-responses', kind: type, value: item });
    }
  }

  private readMessage(item: JsonObject, path: string): void {
    const role = needText(item['role'], `${path}.role`);
    if (!ROLES.has(role)) throw new Unwanted(`${path}.role`, `"${path}.role" must be one of ${[...ROLES].join(', ')}.`);
    const parts = readContent(item['content'], `${path}.content`);
    const rest = takeRest(item, MESSAGE);
    const last = this.messages.at(-1);
    if (role === 'assistant' && last?.role === 'assistant' && !last.spoken) {
      last.parts.push(...parts);
      last.rest = rest;
      last.spoken = true;
    } else this.messages.push({ role: role as Role, parts, rest, spoken: true });
  }

  private readOutput(item: JsonObject, path: string, type: string): void {
    const callId = needText(item['call_id'], `${path}.call_id`);
    const custom = type === 'custom_tool_call_output' ? ({ custom: true } as const) : undefined;
    const parts = readContent(item['output'], `${path}.output`);
    const name = this.names.get(callId);
    const result: Part = { type: 'tool_result', callId, name, parts, ...custom, rest: takeRest(item, OUTPUT) };
    const last = this.messages.at(-1);
    if (last?.role === 'tool') last.parts.push(result);
    else this.messages.push({ role: 'tool', parts: [result], spoken: false });
  }

  private assistant(): Turn {
    const last = this.messages.at(-1);
    if (last?.role === 'assistant') return last;
    const turn: Turn = { role: 'assistant', parts: [], spoken: false };
    this.messages.push(turn);
    return turn;
  }
}

export function readCall(item: JsonObject, path: string): ToolCallPart {
  const id = needText(item['call_id'], `${path}.call_id`);
  const name = needText(item['name'], `${path}.name`);
  const rest = takeRest(item, CALL);
  if (item['type'] === 'custom_tool_call')
    return { type: 'tool_call', id, name, arguments: wantText(item['input'], `${path}.input`) ?? '', custom: true, rest };
  return { type: 'tool_call', id, name, arguments: readArguments(item['arguments']), rest };
}

/** A thought: its raw text where an open model shows it, else its summary; encrypted, where it is to come back. */
export function readReasoning(item: JsonObject): ReasoningPart {
  const pieces = takeArray(item['summary']).map((piece) => takeText(takeObject(piece)['text']) ?? '');
  const raw = takeArray(item['content'])
    .map((piece) => takeText(takeObject(piece)['text']) ?? '')
    .join('');
  const text = raw === '' ? pieces.join('\n\n') : raw;
  const part: ReasoningPart = { type: 'reasoning', text, id: takeText(item['id']), rest: takeRest(item, REASONING) };
  const summary = pieces.length > 1 && raw === '' ? { summary: pieces } : undefined;
  const sealed = takeText(item['encrypted_content']);
  if (!sealed) return { ...part, ...summary };
  const { proof, id } = readProof(sealed, 'openai');
  // What another vendor signed: the text is the thought itself, and its id is that vendor's.
  if (proof.format !== 'openai')
    return { type: 'reasoning', text, id, ...(text === '' ? { encrypted: proof } : { signature: proof }) };
  return { ...part, ...summary, encrypted: proof };
}
