import { describeRefusals } from '../conformance/describe-refusals.js';

const user = { role: 'user', content: 'hi' };
const called = (id: string) => ({
  role: 'assistant',
  content: '',
  tool_calls: [{ id, function: { name: 'w', arguments: '{}' } }],
});
const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'rain' });

describeRefusals(
  'mistral',
  {
    provider: 'mistral',
    path: '/v1/chat/completions',
    headers: (keys) => ({ authorization: `Bearer ${keys.mistral}` }),
    good: { model: 'mistral-small-latest', messages: [user] },
  },
  [
    ['an unknown field', { stream_options: { include_usage: true } }, 422, 'extra_forbidden'],
    ['the bound of another vendor', { max_completion_tokens: 5 }, 422, 'max_completion_tokens'],
    ['a seed under another name', { seed: 1 }, 422, 'extra_forbidden'],
    ['an unknown role', { messages: [{ role: 'developer', content: 'x' }] }, 422, "Input tag 'developer'"],
    [
      'a user after a tool',
      { messages: [user, called('abcdefghi'), result('abcdefghi'), user] },
      400,
      "Unexpected role 'user' after role 'tool'",
    ],
    ['a tool after a user', { messages: [user, result('abcdefghi')] }, 400, "Unexpected role 'tool' after role 'user'"],
    [
      'an id of another vendor',
      { messages: [user, called('call_abc'), result('call_abc')] },
      400,
      'must be a-z, A-Z, 0-9, with a length of 9',
    ],
    [
      'fewer results than calls',
      { messages: [user, called('abcdefghi'), user] },
      400,
      'Not the same number of function calls and responses',
    ],
    ['the model speaks last', { messages: [user, { role: 'assistant', content: 'x' }] }, 400, 'Expected last role User or Tool'],
    [
      'an answer of nothing',
      { messages: [user, { role: 'assistant', content: '' }, user] },
      400,
      'must have either content or tool_calls',
    ],
    ['a tool without parameters', { tools: [{ type: 'function', function: { name: 'w' } }] }, 422, 'Field required'],
    ['a temperature out of range', { temperature: 2 }, 422, 'less_than_equal'],
    ['an unknown model', { model: 'mistral-404' }, 400, 'invalid_model'],
  ],
);
