import { isGiven, strangeField, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Call, PlainResult } from '../engine/vendor.js';
import { countText } from '../meaning/count-tokens.js';
import { embedText, packVector } from '../vectors/embed-text.js';

const DIMENSIONS = 1536;
const INPUTS_MAX = 2048;

/** `POST /v1/embeddings`: https://platform.openai.com/docs/api-reference/embeddings */
export function embeddings(call: Call, ofPath: string | null = null): PlainResult {
  const body = call.body ?? refuse('We could not parse the JSON body of your request.');
  const strange = strangeField(body, ['model', 'input', 'dimensions', 'encoding_format', 'user']);
  if (strange !== undefined) refuse(`Unknown parameter: '${strange}'.`, { param: strange, code: 'unknown_parameter' });
  const model = ofPath ?? textOf(body.model);
  if (model === '') refuse('you must provide a model parameter');
  const inputs = readInputs(body.input);
  const format = isGiven(body.encoding_format) ? body.encoding_format : 'float';
  if (format !== 'float' && format !== 'base64') {
    refuse(`Invalid value: '${String(format)}'. Supported values are: 'float' and 'base64'.`, {
      param: 'encoding_format',
      code: 'invalid_value',
    });
  }
  const dimensions = typeof body.dimensions === 'number' ? body.dimensions : DIMENSIONS;
  if (!Number.isInteger(dimensions) || dimensions < 1)
    refuse("Invalid 'dimensions': integer below minimum value.", { param: 'dimensions', code: 'integer_below_min_value' });
  const data = inputs.map((input, index) => {
    const vector = embedText(input.text, dimensions);
    return { object: 'embedding', index, embedding: format === 'base64' ? packVector(vector) : vector };
  });
  const tokens = inputs.reduce((sum, input) => sum + input.tokens, 0);
  return {
    body: { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } },
    model,
    promptTokens: tokens,
  };
}

interface Input {
  readonly text: string;
  readonly tokens: number;
}

/** A text, a list of texts, a list of tokens or a list of those. */
function readInputs(input: unknown): readonly Input[] {
  const isTokens = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(Number.isInteger);
  const one = (value: unknown): Input => {
    if (typeof value === 'string' && value !== '') return { text: value, tokens: countText(value) };
    if (isTokens(value)) return { text: String(value), tokens: (value as readonly number[]).length };
    return refuse("'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.");
  };
  if (!Array.isArray(input) || isTokens(input)) return [one(input)];
  if (input.length === 0) refuse("Invalid 'input': input cannot be an empty array.", { param: 'input' });
  if (input.length > INPUTS_MAX) refuse(`'$.input' is invalid. Maximum array length is ${INPUTS_MAX}.`, { param: 'input' });
  return input.map(one);
}
