import type { CanonicalError } from '../canonical/canonical-error.js';
import { classifyError } from '../canonical/classify-error.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { parseJson } from '../json/parse-json.js';
import { takeArray, takeObject, takeText } from '../json/take.js';

const NO_MESSAGE = 'The provider gave no message.';

/** The error body of an upstream of this dialect, or of one that only resembles it; never fails. */
export function readCanonicalError(status: number, body: Uint8Array): CanonicalError {
  const parsed = parseJson(body);
  return readErrorFields(status, parsed.ok && isObject(parsed.value) ? parsed.value : {});
}

export function readErrorFields(status: number | null, fields: JsonObject): CanonicalError {
  const { error } = fields;
  // Ollama: {"error":"text"}; Mistral: {"object":"error","message":"text"} or {"detail":[{"msg":"text"}]}.
  const source = isObject(error) ? error : fields;
  const message = takeText(error) ?? takeText(source['message']) ?? readDetail(fields['detail']) ?? NO_MESSAGE;
  const type = takeText(source['type']);
  const { code } = source;
  const word = typeof code === 'number' ? String(code) : takeText(code);
  // OpenRouter and others say an HTTP status as the code of an error inside a stream.
  const statusSaid = status ?? (typeof code === 'number' && code >= 400 && code < 600 ? code : null);
  return {
    class: classifyError({ status: statusSaid, word: `${type ?? ''} ${word ?? ''}`, message }),
    message,
    status,
    type,
    code: word,
    param: takeText(source['param']),
  };
}

function readDetail(detail: unknown): string | undefined {
  if (typeof detail === 'string') return detail;
  const texts = takeArray(detail).flatMap((entry) => takeText(takeObject(entry)['msg']) ?? []);
  return texts.length > 0 ? texts.join('; ') : undefined;
}
