import { describeRefusals, type Endpoint } from '../conformance/describe-refusals.js';

const user = (content: unknown) => ({ role: 'user', content });
const called = { role: 'assistant', tool_calls: [{ id: 'w_1', type: 'function', function: { name: 'w', arguments: '{}' } }] };
const result = { role: 'tool', tool_call_id: 'w_1', content: 'rain' };
const headers: Endpoint['headers'] = (keys) => ({ authorization: `Bearer ${keys.cohere}` });

describeRefusals(
  'cohere',
  { provider: 'cohere', path: '/v2/chat', headers, good: { model: 'command-a-03-2025', messages: [user('Hello')] } },
  [
    ['no message', { messages: [] }, 400, 'at least one message is required'],
    ['an unknown field', { top_p: 0.5 }, 422, 'top_p'],
    ['a choice in small letters', { tool_choice: 'required' }, 400, "must be one of 'REQUIRED' or 'NONE'"],
    ['an unknown role', { messages: [{ role: 'developer', content: 'x' }] }, 400, 'role must be one of'],
    ['a result without a call', { messages: [user('hi'), result] }, 400, 'not found in previous tool calls'],
    ['a call without a result', { messages: [user('hi'), called, user('go')] }, 400, 'missing tool results'],
    [
      'the model speaks last',
      { messages: [user('hi'), { role: 'assistant', content: 'x' }] },
      400,
      'must not be from the assistant',
    ],
    [
      'a schema with tools',
      {
        tools: [{ type: 'function', function: { name: 'w', parameters: { type: 'object' } } }],
        response_format: { type: 'json_object' },
      },
      400,
      'not supported with tools',
    ],
    ['a format of another vendor', { response_format: { type: 'json_schema' } }, 400, "must be 'text' or 'json_object'"],
    ['a temperature out of range', { temperature: 1.5 }, 400, 'temperature must be between 0 and 1'],
    ['an unknown model', { model: 'command-404' }, 404, 'not found'],
  ],
);

describeRefusals(
  'cohere embeddings',
  { provider: 'cohere', path: '/v2/embed', headers, good: { model: 'embed-v4.0', texts: ['x'], input_type: 'search_query' } },
  [
    ['no kind of input', { input_type: undefined }, 400, 'valid input_type must be provided'],
    ['nothing to embed', { texts: [] }, 400, 'one of texts, images or inputs'],
  ],
);
