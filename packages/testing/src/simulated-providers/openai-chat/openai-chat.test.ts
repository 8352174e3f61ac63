import { describeRefusals, type Endpoint, type RefusalCase } from '../conformance/describe-refusals.js';

const user = (content: unknown) => ({ role: 'user', content });
const called = (id: string) => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name: 'weather', arguments: '{}' } }],
});
const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'rain' });
const TOOL = { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } };
const format = (schema: object) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } },
});

const CASES: readonly RefusalCase[] = [
  ['messages are missing', { messages: undefined }, 400, "Missing required parameter: 'messages'."],
  ['no message', { messages: [] }, 400, 'empty_array'],
  ['an unknown field', { stop_sequences: ['x'] }, 400, "Unknown parameter: 'stop_sequences'."],
  ['an unknown role', { messages: [{ role: 'model', content: 'x' }] }, 400, "Invalid value: 'model'"],
  ['a part of another vendor', { messages: [user([{ type: 'input_text', text: 'x' }])] }, 400, "Invalid value: 'input_text'"],
  ['a result without a call', { messages: [user('hi'), result('call_1')] }, 400, 'must be a response to a preceeding message'],
  [
    'a call without a result',
    { messages: [user('hi'), called('call_1'), user('go')] },
    400,
    'did not have response messages: call_1',
  ],
  ['a call at the end', { messages: [user('hi'), called('call_1')] }, 400, 'did not have response messages: call_1'],
  [
    'arguments as an object',
    {
      messages: [
        user('hi'),
        { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 'w', arguments: {} } }] },
        result('c'),
      ],
    },
    400,
    'expected a string, but got an object instead',
  ],
  [
    'an answer of nothing',
    { messages: [user('hi'), { role: 'assistant', content: null }, user('go')] },
    400,
    'expected a string, got null',
  ],
  [
    'a picture that is none',
    { messages: [user([{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }])] },
    400,
    'unsupported image',
  ],
  ['max_tokens for a model that reasons', { model: 'gpt-5', max_tokens: 5 }, 400, "Use 'max_completion_tokens' instead"],
  ['both bounds', { max_tokens: 5, max_completion_tokens: 5 }, 400, 'at the same time'],
  ['a temperature out of range', { temperature: 3 }, 400, 'decimal_above_max_value'],
  ['options of a stream without one', { stream_options: { include_usage: true } }, 400, "only allowed when 'stream' is enabled"],
  ['a choice without tools', { tool_choice: 'required' }, 400, "only allowed when 'tools' are specified"],
  ['parallel calls without tools', { parallel_tool_calls: false }, 400, "only allowed when 'tools' are specified"],
  ['an empty list of tools', { tools: [] }, 400, "Invalid 'tools': empty array"],
  ['a tool as Anthropic has it', { tools: [{ name: 'weather', input_schema: {} }] }, 400, 'tools[0].type'],
  ['a name with a blank', { tools: [{ type: 'function', function: { name: 'the weather' } }] }, 400, 'does not match pattern'],
  ['json that nobody speaks of', { response_format: { type: 'json_object' } }, 400, "must contain the word 'json'"],
  ['an open strict schema', format({ type: 'object', properties: {} }), 400, "'additionalProperties' is required"],
  [
    'a strict schema with an optional field',
    format({ type: 'object', properties: { a: {} }, additionalProperties: false }),
    400,
    "Missing 'a'",
  ],
  ['five stop sequences', { stop: ['a', 'b', 'c', 'd', 'e'] }, 400, 'array_above_max_length'],
];

const GOOD = { model: 'gpt-4.1', messages: [user('Hello')] };
const OPENAI: Endpoint = {
  provider: 'openai',
  path: '/v1/chat/completions',
  headers: (keys) => ({ authorization: `Bearer ${keys.openai}` }),
  good: GOOD,
};
const AZURE: Endpoint = {
  provider: 'azure-openai',
  path: '/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21',
  headers: (keys) => ({ 'api-key': keys.azure }),
  good: { messages: [user('Hello')], tools: [TOOL] },
};

describeRefusals('openai chat', OPENAI, [...CASES, ['an unknown model', { model: 'gpt-404' }, 404, 'model_not_found']]);
describeRefusals('azure openai chat', AZURE, [
  ['a prompt that the filter stops', { messages: [user('@refuse')] }, 400, 'ResponsibleAIPolicyViolation'],
  ['an unknown field', { stop_sequences: ['x'] }, 400, 'unknown_parameter'],
]);

describeRefusals(
  'openai embeddings',
  {
    provider: 'openai',
    path: '/v1/embeddings',
    headers: OPENAI.headers,
    good: { model: 'text-embedding-3-small', input: 'Hello' },
  },
  [
    ['no input', { input: undefined }, 400, "'$.input' is invalid"],
    ['an empty text', { input: '' }, 400, "'$.input' is invalid"],
    ['an unknown encoding', { encoding_format: 'int8' }, 400, 'invalid_value'],
    ['an unknown field', { input_type: 'query' }, 400, 'unknown_parameter'],
  ],
);
