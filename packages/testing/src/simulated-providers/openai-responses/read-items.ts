import { isGiven, type Json, objectsOf, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Conversation } from '../meaning/conversation.js';
import { openThought } from '../meaning/seal-thought.js';
import { readDataUrl } from '../meaning/sniff-media-type.js';
import { readImageUrl } from '../openai-chat/read-chat-messages.js';

/** How sealed thoughts of the vendor begin. */
export const SEAL = 'gAAAAAB';

/** Walks the input items; a call and its output belong together, a thought and what followed it, too. */
export function readItems(items: readonly Json[], conversation: Conversation): void {
  const answered = new Set(items.filter((item) => item.type === 'function_call_output').map((item) => textOf(item.call_id)));
  const called = new Set<string>();
  let model = false;
  /** Calls and messages of one answer are items of their own; only a change of speaker begins a turn. */
  const speak = (speaker: 'user' | 'model' | 'system'): void => {
    if (speaker !== 'model' || !model) conversation.turn(speaker);
    model = speaker === 'model';
  };
  for (const [index, item] of items.entries()) {
    const param = `input[${index}]`;
    switch (item.type ?? 'message') {
      case 'message':
        readMessage(item, param, conversation, speak);
        break;
      case 'function_call': {
        const id = textOf(item.call_id);
        if (id === '')
          refuse(`Missing required parameter: '${param}.call_id'.`, {
            param: `${param}.call_id`,
            code: 'missing_required_parameter',
          });
        if (typeof item.arguments !== 'string')
          refuse(`Invalid type for '${param}.arguments': expected a string.`, {
            param: `${param}.arguments`,
            code: 'invalid_type',
          });
        if (isGiven(item.id) && !textOf(item.id).startsWith('fc')) {
          refuse(`Invalid '${param}.id': '${textOf(item.id)}'. Expected an ID that begins with 'fc'.`, {
            param: `${param}.id`,
            code: 'invalid_value',
          });
        }
        if (!answered.has(id)) refuse(`No tool output found for function call ${id}.`, { param: 'input' });
        speak('model');
        called.add(id);
        conversation.call(id, textOf(item.name), textOf(item.arguments));
        break;
      }
      case 'function_call_output': {
        const id = textOf(item.call_id);
        if (!called.has(id)) refuse(`No tool call found for function call output with call_id ${id}.`, { param: 'input' });
        speak('user');
        conversation.result(id, readOutput(item.output, param, conversation), false);
        break;
      }
      case 'reasoning':
        readReasoning(item, items[index + 1], param);
        break;
      case 'item_reference':
        refuse(`Item with id '${textOf(item.id)}' not found.`, { param: 'input' });
        break;
      default:
        refuse(
          `Invalid value: '${textOf(item.type)}'. Supported values are: 'message', 'function_call', 'function_call_output', 'reasoning' and others.`,
          { param, code: 'invalid_value' },
        );
    }
  }
}

function readReasoning(item: Json, next: Json | undefined, param: string): void {
  if (!textOf(item.id).startsWith('rs'))
    refuse(`Invalid '${param}.id': '${textOf(item.id)}'. Expected an ID that begins with 'rs'.`, {
      param: `${param}.id`,
      code: 'invalid_value',
    });
  if (!Array.isArray(item.summary))
    refuse(`Missing required parameter: '${param}.summary'.`, { param: `${param}.summary`, code: 'missing_required_parameter' });
  if (next === undefined || (next.type !== 'function_call' && next.type !== 'reasoning' && next.role !== 'assistant')) {
    refuse(`Item '${textOf(item.id)}' of type 'reasoning' was provided without its required following item.`, { param: 'input' });
  }
  if (isGiven(item.encrypted_content) && openThought('openai', textOf(item.encrypted_content).slice(SEAL.length)) === null) {
    refuse(`The encrypted content for item ${textOf(item.id)} could not be verified.`, { code: 'invalid_encrypted_content' });
  }
}

function readMessage(
  item: Json,
  param: string,
  conversation: Conversation,
  speak: (speaker: 'user' | 'model' | 'system') => void,
): void {
  const role = textOf(item.role);
  if (!['assistant', 'system', 'developer', 'user'].includes(role)) {
    refuse(`Invalid value: '${role}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`, {
      param: `${param}.role`,
      code: 'invalid_value',
    });
  }
  speak(role === 'assistant' ? 'model' : role === 'user' ? 'user' : 'system');
  if (typeof item.content === 'string') {
    conversation.text(item.content);
    return;
  }
  if (!Array.isArray(item.content))
    refuse(`Missing required parameter: '${param}.content'.`, { param: `${param}.content`, code: 'missing_required_parameter' });
  for (const [place, part] of objectsOf(item.content).entries()) readPart(part, role, `${param}.content[${place}]`, conversation);
}

function readPart(part: Json, role: string, param: string, conversation: Conversation): void {
  const type = textOf(part.type);
  const known = role === 'assistant' ? ['output_text', 'refusal'] : ['input_text', 'input_image', 'input_file'];
  if (!known.includes(type)) {
    refuse(`Invalid value: '${type}'. Supported values are: ${known.map((name) => `'${name}'`).join(', ')}.`, {
      param,
      code: 'invalid_value',
    });
  }
  switch (type) {
    case 'input_image':
      if (isGiven(part.file_id)) conversation.medium({ kind: 'image', mediaType: 'image', bytes: null });
      else if (typeof part.image_url === 'string') readImageUrl(part.image_url, param, conversation);
      else
        refuse(`Invalid type for '${param}.image_url': expected an image URL, but got an object instead.`, {
          param: `${param}.image_url`,
          code: 'invalid_type',
        });
      return;
    case 'input_file': {
      const data = readDataUrl(textOf(part.file_data));
      if (data === null && !isGiven(part.file_id) && !isGiven(part.file_url)) {
        refuse(`Invalid file data: '${param}.file_data'. Expected a base64-encoded data URL.`, { param, code: 'invalid_value' });
      }
      conversation.medium({ kind: 'document', mediaType: data?.mediaType ?? 'file', bytes: data?.bytes.length ?? null });
      return;
    }
    default:
      conversation.text(textOf(part.text ?? part.refusal));
  }
}

/** Text, or parts as in a message of the user. */
function readOutput(output: unknown, param: string, conversation: Conversation): string {
  if (typeof output === 'string') return output;
  if (!Array.isArray(output))
    refuse(`Missing required parameter: '${param}.output'.`, { param: `${param}.output`, code: 'missing_required_parameter' });
  return objectsOf(output)
    .map((part, place) => {
      if (part.type === 'input_text') return textOf(part.text);
      readPart(part, 'user', `${param}.output[${place}]`, conversation);
      return '';
    })
    .join('');
}
