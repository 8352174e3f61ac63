import type { MediaSource } from '../canonical/media-source.js';
import type { Part, ReasoningPart, Signature, ToolCallPart } from '../canonical/part.js';
import { readProof } from '../canonical/proof.js';
import type { JsonObject } from '../json/json-value.js';
import { takeObject, takeRest, takeText } from '../json/take.js';
import { needObject, needText, Unwanted, wantArray } from '../json/want.js';
import { bothSpellings, member } from './member.js';

const TEXT = bothSpellings('text thought thoughtSignature');
const INLINE = bothSpellings('inlineData thoughtSignature');
const FILE = bothSpellings('fileData thoughtSignature');
const CALL = bothSpellings('functionCall thoughtSignature');
const RESPONSE = bothSpellings('functionResponse thoughtSignature');
const OWN_FILE = /^(gs:\/\/|https:\/\/generativelanguage\.googleapis\.com\/)/;

/** Gives ids to calls that have none, since every other dialect joins calls and results by them. */
export interface CallIds {
  call(name: string): string;
  response(name: string): string;
}

/** Parts of a content (https://ai.google.dev/api/caching#Part). */
export function readParts(content: JsonObject, path: string, ids: CallIds): Part[] {
  return (wantArray(content['parts'], `${path}.parts`) ?? []).map((part, index) =>
    readPart(needObject(part, `${path}.parts[${index}]`), `${path}.parts[${index}]`, ids),
  );
}

export function readPart(part: JsonObject, path: string, ids: CallIds): Part {
  const signed = takeText(member(part, 'thoughtSignature'));
  const signature: Signature | undefined = signed ? readProof(signed, 'google').proof : undefined;
  if (typeof part['text'] === 'string') {
    const rest = takeRest(part, TEXT);
    if (part['thought'] === true) return { ...readThought(part['text'], signed), rest };
    return { type: 'text', text: part['text'], signature, rest };
  }
  const inline = member(part, 'inlineData');
  if (inline !== undefined) {
    const at = `${path}.inlineData`;
    const data = needObject(inline, at);
    const mediaType = needText(member(data, 'mimeType'), `${at}.mimeType`);
    const source = { kind: 'base64', mediaType, data: needText(data['data'], `${at}.data`) } as const;
    return mediaPart(source, mediaType, takeText(member(data, 'displayName')), takeRest(part, INLINE));
  }
  const file = member(part, 'fileData');
  if (file !== undefined) {
    const data = needObject(file, `${path}.fileData`);
    const mediaType = takeText(member(data, 'mimeType'));
    const uri = needText(member(data, 'fileUri'), `${path}.fileData.fileUri`);
    const source: MediaSource = OWN_FILE.test(uri)
      ? { kind: 'file', dialect: 'gemini', id: uri, mediaType }
      : { kind: 'url', url: uri, mediaType };
    return mediaPart(source, mediaType ?? '', takeText(member(data, 'displayName')), takeRest(part, FILE));
  }
  const call = member(part, 'functionCall');
  if (call !== undefined)
    return { ...readCall(needObject(call, `${path}.functionCall`), ids), signature, rest: takeRest(part, CALL) };
  const response = member(part, 'functionResponse');
  if (response !== undefined)
    return { ...readResponse(needObject(response, `${path}.functionResponse`), path, ids), rest: takeRest(part, RESPONSE) };
  const [kind] = Object.keys(part);
  if (kind === undefined) throw new Unwanted(path, `"${path}" is empty.`);
  return { type: 'opaque', dialect: 'gemini', kind, value: part };
}

/** A thought and its proof; what OpenAI has encrypted travels in the signature too. */
export function readThought(text: string, signed: string | undefined): ReasoningPart {
  if (!signed) return { type: 'reasoning', text };
  const { proof, id } = readProof(signed, 'google');
  const sealed = proof.format === 'openai' || (text === '' && proof.format !== 'google');
  return sealed ? { type: 'reasoning', text, encrypted: proof, id } : { type: 'reasoning', text, signature: proof, id };
}

function mediaPart(source: MediaSource, mediaType: string, filename: string | undefined, rest: JsonObject | undefined): Part {
  if (mediaType.startsWith('image/')) return { type: 'image', source, rest };
  if (mediaType.startsWith('audio/')) return { type: 'audio', source, rest };
  return { type: 'file', source, filename, rest };
}

export function readCall(call: JsonObject, ids: CallIds): ToolCallPart {
  const name = needText(call['name'], 'functionCall.name');
  const args = call['args'];
  return { type: 'tool_call', id: takeText(call['id']) ?? ids.call(name), name, arguments: args ? JSON.stringify(args) : '{}' };
}

/** `output` and `error` are Google's keys for a result that is no object of its own. */
function readResponse(response: JsonObject, path: string, ids: CallIds): Extract<Part, { type: 'tool_result' }> {
  const name = needText(response['name'], `${path}.functionResponse.name`);
  const value = takeObject(response['response']);
  const members = Object.keys(value);
  const only = members.length === 1 ? members[0] : undefined;
  const plain = only === 'output' || only === 'error' ? value[only] : undefined;
  const text = typeof plain === 'string' ? plain : JSON.stringify(plain ?? value);
  const callId = takeText(response['id']) ?? ids.response(name);
  const isError = only === 'error' || undefined;
  return { type: 'tool_result', callId, name, parts: [{ type: 'text', text }], isError };
}
