import { describeRefusals, type Endpoint } from '../conformance/describe-refusals.js';

const ENDPOINT: Endpoint = {
  provider: 'openai',
  path: '/v1/responses',
  headers: (keys) => ({ authorization: `Bearer ${keys.openai}` }),
  good: { model: 'gpt-5', input: 'Hello' },
};
const user = { role: 'user', content: 'hi' };
const called = { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{}' };
const result = { type: 'function_call_output', call_id: 'call_1', output: 'rain' };
const thought = { type: 'reasoning', id: 'rs_1', summary: [] };

describeRefusals('openai responses', ENDPOINT, [
  ['no input', { input: undefined }, 400, "Missing required parameter: 'input'."],
  ['messages as in a chat', { messages: [user] }, 400, "Unknown parameter: 'messages'."],
  ['a bound too small', { max_output_tokens: 5 }, 400, 'integer_below_min_value'],
  [
    'a tool as in a chat',
    { tools: [{ type: 'function', function: { name: 'w' } }] },
    400,
    "Missing required parameter: 'tools[0].name'.",
  ],
  ['a part as in a chat', { input: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }, 400, "Invalid value: 'text'"],
  [
    'the model says input_text',
    { input: [user, { role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }] },
    400,
    "Invalid value: 'input_text'",
  ],
  ['an unknown role', { input: [{ role: 'tool', content: 'x' }] }, 400, "Invalid value: 'tool'"],
  ['a result without a call', { input: [user, result] }, 400, 'No tool call found for function call output with call_id call_1.'],
  ['a call without a result', { input: [user, called] }, 400, 'No tool output found for function call call_1.'],
  ['an item whose id is of another kind', { input: [user, { ...called, id: 'call_1' }, result] }, 400, "begins with 'fc'"],
  ['a thought without what followed it', { input: [user, thought, user] }, 400, 'without its required following item'],
  [
    'a thought that was changed',
    { input: [user, { ...thought, encrypted_content: 'gAAAAABxyz' }, called, result] },
    400,
    'invalid_encrypted_content',
  ],
  [
    'a picture as an object',
    { input: [{ role: 'user', content: [{ type: 'input_image', image_url: { url: 'x' } }] }] },
    400,
    'expected an image URL',
  ],
  ['a response that nobody gave', { previous_response_id: 'resp_none' }, 400, 'previous_response_not_found'],
  [
    'a format without a name',
    { text: { format: { type: 'json_schema', schema: {} } } },
    400,
    "Missing required parameter: 'text.format.name'.",
  ],
]);
