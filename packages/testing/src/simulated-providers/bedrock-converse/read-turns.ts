import { isObject, type Json, objectsOf, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Conversation } from '../meaning/conversation.js';
import { openThought } from '../meaning/seal-thought.js';
import { signThought } from '../meaning/sign-thought.js';
import { decodeBase64, sniffMediaType } from '../meaning/sniff-media-type.js';

const MEMBERS = [
  'text',
  'image',
  'document',
  'video',
  'audio',
  'toolUse',
  'toolResult',
  'reasoningContent',
  'cachePoint',
  'guardContent',
  'citationsContent',
  'searchResult',
];
const IMAGE_FORMATS = ['png', 'jpeg', 'gif', 'webp'];
const DOCUMENT_FORMATS = ['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'];

const idsOf = (message: Json | undefined, member: string): readonly string[] =>
  objectsOf(message?.content).flatMap((block) => (isObject(block[member]) ? [textOf((block[member] as Json).toolUseId)] : []));

/** Walks the messages: roles alternate, a user begins and ends, and every call is answered in the next message. */
export function readConverseTurns(messages: unknown, hasTools: boolean, conversation: Conversation): void {
  const all = objectsOf(messages);
  if (all.length === 0)
    refuse('A conversation must start with a user message. Try again with a conversation that starts with a user message.');
  for (const [index, message] of all.entries()) {
    const role = textOf(message.role);
    if (role !== 'user' && role !== 'assistant') {
      refuse(
        `1 validation error detected: Value '${role}' at 'messages.${index + 1}.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]`,
      );
    }
    if (index === 0 && role !== 'user')
      refuse('A conversation must start with a user message. Try again with a conversation that starts with a user message.');
    if (role === all[index - 1]?.role) {
      refuse(
        'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
      );
    }
    const blocks = objectsOf(message.content);
    if (blocks.length === 0) {
      refuse(
        `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`,
      );
    }
    checkPairs(all, index);
    conversation.turn(role === 'user' ? 'user' : 'model');
    for (const [place, block] of blocks.entries())
      readBlock(block, `messages.${index}.content.${place}`, { hasTools, conversation, role });
  }
  if (all.at(-1)?.role !== 'user') {
    refuse(
      'The model returned the following errors: This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  }
}

function checkPairs(all: readonly Json[], index: number): void {
  const [asked, answered] = [idsOf(all[index - 1], 'toolUse'), idsOf(all[index], 'toolResult')];
  if (answered.length > asked.length)
    refuse(`The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`);
  const open = asked.filter((id) => !answered.includes(id));
  if (open.length > 0)
    refuse(`Expected toolResult blocks at messages.${index}.content for the following Ids: ${open.join(', ')}`);
}

interface BlockSettings {
  readonly hasTools: boolean;
  readonly conversation: Conversation;
  readonly role: string;
}

function readBlock(block: Json, path: string, { hasTools, conversation, role }: BlockSettings): void {
  const members = Object.keys(block);
  if (members.length !== 1 || !MEMBERS.includes(members[0] as string)) {
    refuse(`The ContentBlock object at ${path} must set one of the following keys: ${MEMBERS.join(', ')}.`);
  }
  const member = members[0] as string;
  const value = block[member];
  if ((member === 'toolUse' || member === 'toolResult') && !hasTools) {
    refuse('The toolConfig field must be defined when using toolUse and toolResult content blocks.');
  }
  switch (member) {
    case 'text':
      if (textOf(value).trim() === '')
        refuse(`The text field in the ContentBlock object at ${path} is blank. Add text to the text field, and try again.`);
      conversation.text(textOf(value));
      return;
    case 'cachePoint':
      conversation.mark();
      return;
    case 'image':
    case 'document':
      if (role !== 'user') refuse(`The ${member} block at ${path} is only allowed in user messages.`);
      readMedium(isObject(value) ? value : {}, member, path, conversation);
      return;
    case 'toolUse': {
      const use = isObject(value) ? value : {};
      if (role !== 'assistant') refuse(`The toolUse block at ${path} is only allowed in assistant messages.`);
      if (!/^[a-zA-Z0-9_.:-]{1,64}$/.test(textOf(use.toolUseId)))
        refuse(
          `Value at '${path}.toolUse.toolUseId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.:-]+`,
        );
      if (!isObject(use.input))
        refuse(`The format of the value at ${path}.toolUse.input is invalid. Provide a json object for the field and try again.`);
      conversation.call(textOf(use.toolUseId), textOf(use.name), JSON.stringify(use.input));
      return;
    }
    case 'toolResult':
      readResult(isObject(value) ? value : {}, path, conversation);
      return;
    case 'reasoningContent':
      readReasoning(isObject(value) ? value : {}, path);
      return;
    default:
  }
}

function readReasoning(value: Json, path: string): void {
  if (typeof value.redactedContent === 'string' && openThought('anthropic', value.redactedContent) === null) {
    refuse(`The model returned the following errors: ${path}: Invalid \`data\` in \`redacted_thinking\` block`);
  }
  const text = isObject(value.reasoningText) ? value.reasoningText : null;
  if (text !== null && textOf(text.signature) !== signThought('anthropic', textOf(text.text))) {
    refuse(`The model returned the following errors: ${path}: Invalid \`signature\` in \`thinking\` block`);
  }
}

function readResult(result: Json, path: string, conversation: Conversation): void {
  const parts = objectsOf(result.content);
  if (parts.length === 0 && result.status === 'error')
    refuse(`The content field at ${path}.toolResult cannot be empty when status value is error.`);
  const words = parts.map((part, index) => {
    if (isObject(part.image)) readMedium(part.image, 'image', `${path}.toolResult.content.${index}`, conversation);
    return part.json === undefined ? textOf(part.text) : JSON.stringify(part.json);
  });
  conversation.result(textOf(result.toolUseId), words.join(''), result.status === 'error');
}

function readMedium(value: Json, kind: 'image' | 'document', path: string, conversation: Conversation): void {
  const format = textOf(value.format);
  const formats = kind === 'image' ? IMAGE_FORMATS : DOCUMENT_FORMATS;
  if (!formats.includes(format))
    refuse(
      `1 validation error detected: Value '${format}' at '${path}.${kind}.format' failed to satisfy constraint: Member must satisfy enum value set: [${formats.join(', ')}]`,
    );
  if (kind === 'document' && !/^[a-zA-Z0-9\s()[\]-]{1,200}$/.test(textOf(value.name)))
    refuse(
      `The file name at ${path}.document.name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets.`,
    );
  const source = isObject(value.source) ? value.source : {};
  if (typeof source.bytes !== 'string') {
    if (!isObject(source.s3Location)) refuse(`The source at ${path}.${kind} must set bytes or s3Location.`);
    conversation.medium({ kind, mediaType: format, bytes: null });
    return;
  }
  const bytes = decodeBase64(source.bytes) ?? refuse(`The bytes at ${path}.${kind}.source are not base64.`);
  const mediaType = kind === 'image' ? `image/${format}` : format === 'pdf' ? 'application/pdf' : `text/${format}`;
  const actual = sniffMediaType(bytes);
  if ((kind === 'image' || format === 'pdf') && actual !== mediaType) {
    refuse(
      `The model returned the following errors: ${path}: the ${kind} was specified using ${mediaType}, but it appears to be ${actual ?? 'something else'}`,
    );
  }
  conversation.medium({ kind, mediaType, bytes: bytes.length });
}
