import { isObject, type Json, objectsOf, strangeField, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Medium } from '../meaning/ask.js';
import type { Conversation } from '../meaning/conversation.js';
import { signThought } from '../meaning/sign-thought.js';
import { decodeBase64, sniffMediaType } from '../meaning/sniff-media-type.js';
import { badField, unknownName } from './field-violation.js';

const PART_FIELDS = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'thought',
  'thoughtSignature',
  'partMetadata',
  'toolCall',
  'toolResponse',
  'audioTranscription',
  'mediaProcessing',
  'speechMetadata',
  'videoMetadata',
  'mediaResolution',
];
const DATA_FIELDS = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
];
/** What a caller may send in place of a signature that it does not have: https://ai.google.dev/gemini-api/docs/thought-signatures */
const SKIPS = ['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go'];
const MEDIA = /^(image|audio|video)\/|^application\/pdf$|^text\/plain$/;

const count = (content: Json | undefined, field: string): number =>
  objectsOf(content?.parts).filter((part) => part[field] !== undefined).length;

/** Walks the contents; calls and their responses must stand next to each other, in equal number. */
export function readContents(contents: unknown, model: string, conversation: Conversation): void {
  const all = objectsOf(contents);
  if (all.length === 0) badField('contents', 'contents is not specified');
  for (const [index, content] of all.entries()) {
    const role = content.role === undefined ? 'user' : textOf(content.role);
    const strange = strangeField(content, ['role', 'parts']);
    if (strange !== undefined) unknownName(strange, `contents[${index}]`);
    if (!['user', 'model', 'function'].includes(role)) refuse('Please use a valid role: user, model.');
    conversation.turn(role === 'model' ? 'model' : 'user');
    checkOrder(all, index);
    readParts(content, `contents[${index}]`, conversation);
  }
  if (model.startsWith('gemini-3')) checkSignatures(all);
  if (all.at(-1)?.role === 'model' && count(all.at(-1), 'functionCall') > 0)
    refuse('Please ensure that single turn requests end with a user role or the role field is empty.');
}

function checkOrder(all: readonly Json[], index: number): void {
  const [before, content, after] = [all[index - 1], all[index], all[index + 1]];
  const [calls, responses] = [count(content, 'functionCall'), count(content, 'functionResponse')];
  if (calls > 0 && (before === undefined || before.role === 'model')) {
    refuse('Please ensure that function call turn comes immediately after a user turn or after a function response turn.');
  }
  if (responses > 0 && count(before, 'functionCall') === 0) {
    refuse('Please ensure that function response turn comes immediately after a function call turn.');
  }
  if (calls > 0 && after !== undefined && count(after, 'functionResponse') !== calls) {
    refuse(
      'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
    );
  }
  if (responses === 0) return;
  const asked = objectsOf(before?.parts).flatMap((part) => (isObject(part.functionCall) ? [textOf(part.functionCall.name)] : []));
  const answered = objectsOf(content?.parts).flatMap((part) =>
    isObject(part.functionResponse) ? [textOf(part.functionResponse.name)] : [],
  );
  if ([...asked].sort().join() !== [...answered].sort().join()) {
    refuse('Please ensure that function response names match the function calls of the previous turn.');
  }
}

/** Gemini 3: since the user spoke last, the first call of every step carries the signature that came with it. */
function checkSignatures(all: readonly Json[]): void {
  const from = all.findLastIndex(
    (content) => content.role !== 'model' && objectsOf(content.parts).some((part) => textOf(part.text) !== ''),
  );
  for (const [index, content] of all.entries()) {
    if (index <= from) continue;
    const place = objectsOf(content.parts).findIndex((part) => part.functionCall !== undefined);
    const part = objectsOf(content.parts)[place];
    if (part === undefined || SKIPS.includes(textOf(part.thoughtSignature))) continue;
    const name = isObject(part.functionCall) ? textOf(part.functionCall.name) : '';
    if (part.thoughtSignature === undefined) {
      refuse(
        `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly. ` +
          `Additional data, function call \`default_api:${name}\` , position ${index + 1}.`,
      );
    }
    if (part.thoughtSignature !== signThought('gemini', name)) refuse('Corrupted thought signature.');
  }
}

export function readParts(content: Json, path: string, conversation: Conversation): void {
  const parts = objectsOf(content.parts);
  if (parts.length === 0) badField(`${path}.parts`, 'must include at least one parts field');
  for (const [index, part] of parts.entries()) readPart(part, `${path}.parts[${index}]`, conversation);
}

function readPart(part: Json, path: string, conversation: Conversation): void {
  const strange = strangeField(part, PART_FIELDS);
  if (strange !== undefined) unknownName(strange, path);
  const given = DATA_FIELDS.filter((name) => part[name] !== undefined);
  if (given.length === 0 && part.thoughtSignature === undefined)
    badField(`${path}.data`, "required oneof field 'data' must have one initialized field");
  if (given.length > 1) refuse(`Invalid value at '${path}' (oneof), oneof field 'data' is already set. Cannot set '${given[1]}'`);
  if (typeof part.text === 'string' && part.thought !== true) conversation.text(part.text);
  if (isObject(part.inlineData)) readInline(part.inlineData, path, conversation);
  if (isObject(part.fileData)) {
    const mediaType = textOf(part.fileData.mimeType);
    conversation.medium({ kind: kindOf(mediaType), mediaType: mediaType || 'file', bytes: null });
  }
  if (isObject(part.functionCall)) {
    const name = textOf(part.functionCall.name);
    if (name === '') badField(`${path}.function_call.name`, 'Name cannot be empty.');
    conversation.call(name, name, JSON.stringify(part.functionCall.args ?? {}));
  }
  if (isObject(part.functionResponse)) readResponse(part.functionResponse, path, conversation);
}

function readResponse(response: Json, path: string, conversation: Conversation): void {
  const name = textOf(response.name);
  if (name === '') badField(`${path}.function_response.name`, 'Name cannot be empty.');
  if (!isObject(response.response)) badField(`${path}.function_response.response`, 'response must be an object');
  const value = response.response as Json;
  const said = value.error ?? value.output ?? value.result ?? value;
  conversation.result(name, typeof said === 'string' ? said : JSON.stringify(said), value.error !== undefined);
  for (const part of objectsOf(response.parts)) if (isObject(part.inlineData)) readInline(part.inlineData, path, conversation);
}

const kindOf = (mediaType: string): Medium['kind'] =>
  mediaType.startsWith('image/')
    ? 'image'
    : mediaType.startsWith('audio/')
      ? 'audio'
      : mediaType.startsWith('video/')
        ? 'video'
        : 'document';

function readInline(data: Json, path: string, conversation: Conversation): void {
  const mediaType = textOf(data.mimeType);
  if (!MEDIA.test(mediaType)) refuse(`Unsupported MIME type: ${mediaType}`);
  const bytes = decodeBase64(textOf(data.data).replaceAll('-', '+').replaceAll('_', '/'));
  if (bytes === null) refuse(`Invalid value at '${path}.inline_data.data' (TYPE_BYTES), Base64 decoding failed`);
  const actual = sniffMediaType(bytes);
  if (kindOf(mediaType) === 'image' && actual !== mediaType)
    refuse(
      'Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
    );
  conversation.medium({ kind: kindOf(mediaType), mediaType, bytes: bytes.length });
}
