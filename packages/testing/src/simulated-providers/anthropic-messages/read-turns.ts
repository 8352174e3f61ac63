import { isObject, type Json, objectsOf, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Conversation } from '../meaning/conversation.js';
import { openThought } from '../meaning/seal-thought.js';
import { signThought } from '../meaning/sign-thought.js';
import { readSource } from './read-source.js';

export interface TurnSettings {
  readonly conversation: Conversation;
  readonly thinking: boolean;
  readonly model: string;
  /** Whose signatures stand under reasoning. */
  readonly vendor: string;
  readonly since2026: boolean;
}

interface Turn {
  readonly role: string;
  readonly blocks: readonly Json[];
}

/** Models before Opus 4.8 know no `system` turns; those before 4.6 let the caller begin the answer. */
const KNOWS_SYSTEM_TURNS = /^claude-(?!3|\w+-4-[0-7](?!\d)|\w+-4-20)/;
const KNOWS_PREFILL = /^claude-(3|\w+-4-[0-5](?!\d)|\w+-4-20)/;

/** Walks the messages, checks their order and what belongs together. */
export function readTurns(messages: unknown, settings: TurnSettings): void {
  if (messages === undefined) refuse('messages: Field required');
  if (!Array.isArray(messages)) refuse('messages: Input should be a valid list');
  if (messages.length === 0) refuse('messages: at least one message is required');
  const turns = messages.map((message, index) => readTurn(message, index));
  if (turns[0]?.role !== 'user') refuse('messages: first message must use the "user" role');
  for (const [index, turn] of turns.entries()) {
    const before = turns[index - 1];
    if (turn.role === 'system') checkSystemTurn(settings.model, before);
    settings.conversation.turn(turn.role === 'assistant' ? 'model' : turn.role === 'system' ? 'system' : 'user');
    checkPairs(turns, index);
    for (const [place, block] of turn.blocks.entries()) {
      readBlock(block, turn.role, `messages.${index}.content.${place}`, settings);
      if (isObject(block.cache_control)) settings.conversation.mark();
    }
  }
  checkLast(turns, settings);
}

function readTurn(message: unknown, index: number): Turn {
  if (!isObject(message)) refuse(`messages.${index}: Input should be a valid dictionary`);
  const role = textOf(message.role);
  if (!['user', 'assistant', 'system'].includes(role)) refuse(`messages.${index}.role: Input should be 'user' or 'assistant'`);
  const strange = Object.keys(message).find((name) => name !== 'role' && name !== 'content');
  if (strange !== undefined) refuse(`messages.${index}.${strange}: Extra inputs are not permitted`);
  if (typeof message.content === 'string') {
    if (message.content === '') refuse(`messages.${index}: user messages must have non-empty content`);
    return { role, blocks: [{ type: 'text', text: message.content }] };
  }
  if (!Array.isArray(message.content)) refuse(`messages.${index}.content: Field required`);
  if (message.content.length === 0) {
    refuse(`messages.${index}: all messages must have non-empty content except for the optional final assistant message`);
  }
  return { role, blocks: objectsOf(message.content) };
}

function checkSystemTurn(model: string, before: Turn | undefined): void {
  if (!KNOWS_SYSTEM_TURNS.test(model)) refuse("role 'system' is not supported on this model");
  if (before?.role !== 'user') refuse('messages: a "system" message must immediately follow a "user" message');
}

const idsOf = (turn: Turn | undefined, type: string, field: string): readonly string[] =>
  (turn?.blocks ?? []).filter((block) => block.type === type).map((block) => textOf(block[field]));

/** Every `tool_use` is answered in the very next turn, and nothing else is. */
function checkPairs(turns: readonly Turn[], index: number): void {
  const turn = turns[index] as Turn;
  if (turn.role === 'user') {
    const asked = idsOf(turns[index - 1], 'tool_use', 'id');
    for (const [place, block] of turn.blocks.entries()) {
      if (block.type !== 'tool_result' || asked.includes(textOf(block.tool_use_id))) continue;
      refuse(
        `messages.${index}.content.${place}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${textOf(block.tool_use_id)}. ` +
          'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
      );
    }
  }
  const uses = turn.role === 'assistant' ? idsOf(turn, 'tool_use', 'id') : [];
  if (new Set(uses).size < uses.length) refuse(`messages.${index}: \`tool_use\` ids must be unique`);
  const answered = idsOf(turns[index + 1], 'tool_result', 'tool_use_id');
  const open = uses.filter((id) => !answered.includes(id));
  if (open.length > 0) {
    refuse(
      `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. ` +
        'Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
    );
  }
}

function readBlock(block: Json, role: string, path: string, settings: TurnSettings): void {
  const { conversation } = settings;
  switch (block.type) {
    case 'text':
      if (textOf(block.text) === '') refuse('messages: text content blocks must be non-empty');
      if (settings.since2026 && role === 'user' && objectsOf(block.citations).length > 0) {
        refuse(`${path}.text.citations: citations are not allowed in \`user\` messages`);
      }
      conversation.text(textOf(block.text));
      return;
    case 'image':
    case 'document':
      if (role !== 'user' && (block.type === 'image' || settings.since2026))
        refuse(`${path}: \`${block.type}\` blocks are only allowed in \`user\` messages`);
      readSource(block, path, conversation);
      return;
    case 'tool_use':
      if (role !== 'assistant') refuse(`${path}: \`tool_use\` blocks can only be in \`assistant\` messages`);
      if (!/^[a-zA-Z0-9_-]+$/.test(textOf(block.id)))
        refuse(`${path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
      if (!isObject(block.input)) refuse(`${path}.tool_use.input: Input should be a valid dictionary`);
      conversation.call(textOf(block.id), textOf(block.name), JSON.stringify(block.input));
      return;
    case 'tool_result':
      if (role !== 'user') refuse(`${path}: \`tool_result\` blocks can only be in \`user\` messages`);
      readResult(block, path, conversation);
      return;
    case 'thinking':
      if (role !== 'assistant') refuse(`${path}: \`thinking\` blocks can only be in \`assistant\` messages`);
      if (textOf(block.signature) !== signThought(settings.vendor, textOf(block.thinking))) {
        refuse(`${path}: Invalid \`signature\` in \`thinking\` block`);
      }
      return;
    case 'redacted_thinking':
      if (openThought(settings.vendor, textOf(block.data)) === null)
        refuse(`${path}: Invalid \`data\` in \`redacted_thinking\` block`);
      return;
    default:
      refuse(`${path}: Input tag '${textOf(block.type)}' found using 'type' does not match any of the expected tags`);
  }
}

function readResult(block: Json, path: string, conversation: Conversation): void {
  const parts = typeof block.content === 'string' ? [{ type: 'text', text: block.content }] : objectsOf(block.content);
  const words: string[] = [];
  for (const [index, part] of parts.entries()) {
    if (part.type === 'text') words.push(textOf(part.text));
    else if (part.type === 'image' || part.type === 'document')
      readSource(part, `${path}.tool_result.content.${index}`, conversation);
    else refuse(`${path}.tool_result.content.${index}: Input tag '${textOf(part.type)}' does not match any of the expected tags`);
  }
  if (block.is_error === true && parts.length === 0)
    refuse(`${path}.tool_result: content cannot be empty if \`is_error\` is true`);
  conversation.result(textOf(block.tool_use_id), words.join(''), block.is_error === true);
}

function checkLast(turns: readonly Turn[], settings: TurnSettings): void {
  const last = turns.at(-1) as Turn;
  if (settings.thinking) checkThinkingFirst(turns);
  if (last.role !== 'assistant') return;
  if (settings.thinking || !KNOWS_PREFILL.test(settings.model)) {
    refuse('This model does not support assistant message prefill. The conversation must end with a user message.');
  }
  const text = textOf(last.blocks.at(-1)?.text);
  if (text !== text.trimEnd()) refuse('messages: final assistant content cannot end with trailing whitespace');
}

/** While tools are being used, the turn that called them must begin with what was thought. */
function checkThinkingFirst(turns: readonly Turn[]): void {
  const index = turns.findLastIndex((turn) => turn.role === 'assistant');
  const turn = turns[index];
  if (turn === undefined || !turn.blocks.some((block) => block.type === 'tool_use')) return;
  const first = textOf(turn.blocks[0]?.type);
  if (first === 'thinking' || first === 'redacted_thinking') return;
  refuse(
    `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, ` +
      'a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks).',
  );
}
