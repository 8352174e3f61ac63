import { describeRefusals, PNG, type RefusalCase } from '../conformance/describe-refusals.js';

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const use = (id: string) => ({ type: 'tool_use', id, name: 'weather', input: {} });
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'rain' });
const TOOL = { name: 'weather', input_schema: { type: 'object', properties: {} } };
const image = (mediaType: string) => ({ type: 'image', source: { type: 'base64', media_type: mediaType, data: PNG } });

const CASES: readonly RefusalCase[] = [
  ['max_tokens is missing', { max_tokens: undefined }, 400, 'max_tokens: Field required'],
  ['model is missing', { model: undefined }, 400, 'model: Field required'],
  ['messages are missing', { messages: undefined }, 400, 'messages: Field required'],
  ['no message', { messages: [] }, 400, 'at least one message is required'],
  ['an unknown field', { max_completion_tokens: 5 }, 400, 'max_completion_tokens: Extra inputs are not permitted'],
  ['an unknown role', { messages: [{ role: 'tool', content: 'x' }] }, 400, "Input should be 'user' or 'assistant'"],
  ['the model speaks first', { messages: [assistant('hi'), user('hi')] }, 400, 'first message must use the'],
  ['a system turn first', { messages: [{ role: 'system', content: 'x' }, user('hi')] }, 400, 'first message must use the'],
  [
    'a system turn to an older model',
    { model: 'claude-sonnet-4-5', messages: [user('hi'), { role: 'system', content: 'x' }, user('go')] },
    400,
    "role 'system' is not supported",
  ],
  [
    'a prefill to a newer model',
    { messages: [user('hi'), assistant('It is')] },
    400,
    'does not support assistant message prefill',
  ],
  ['an empty text block', { messages: [user([{ type: 'text', text: '' }])] }, 400, 'text content blocks must be non-empty'],
  ['empty content', { messages: [user([])] }, 400, 'non-empty content'],
  ['a part of another vendor', { messages: [user([{ type: 'image_url', image_url: {} }])] }, 400, "Input tag 'image_url'"],
  [
    'a result without a call',
    { messages: [user('hi'), assistant('hm'), user([result('toolu_1')])], tools: [TOOL] },
    400,
    'unexpected `tool_use_id` found in `tool_result` blocks: toolu_1',
  ],
  [
    'a call without a result',
    { messages: [user('hi'), assistant([use('toolu_1'), use('toolu_2')]), user([result('toolu_1')])], tools: [TOOL] },
    400,
    '`tool_use` ids were found without `tool_result` blocks immediately after: toolu_2',
  ],
  [
    'arguments as text',
    { messages: [user('hi'), assistant([{ ...use('toolu_1'), input: '{}' }]), user([result('toolu_1')])] },
    400,
    'valid dictionary',
  ],
  ['a picture that is none of what it says', { messages: [user([image('image/jpeg')])] }, 400, 'appears to be a image/png image'],
  ['a picture of an unknown type', { messages: [user([image('image/bmp')])] }, 400, 'media_type: Input should be'],
  ['a tool without a schema', { tools: [{ name: 'weather' }] }, 400, 'input_schema: Field required'],
  ['a tool as OpenAI has it', { tools: [{ type: 'function', function: TOOL }] }, 400, 'custom.name: Field required'],
  ['two tools of one name', { tools: [TOOL, TOOL] }, 400, 'Tool names must be unique'],
  ['a choice without tools', { tool_choice: { type: 'any' } }, 400, 'only be specified while providing tools'],
  ['a choice of an unknown tool', { tools: [TOOL], tool_choice: { type: 'tool', name: 'x' } }, 400, "Tool 'x' not found"],
  ['a choice as text', { tools: [TOOL], tool_choice: 'required' }, 400, 'valid dictionary'],
  ['a budget too small', { thinking: { type: 'enabled', budget_tokens: 100 } }, 400, 'greater than or equal to 1024'],
  ['a budget over max_tokens', { thinking: { type: 'enabled', budget_tokens: 2048 } }, 400, '`max_tokens` must be greater than'],
  [
    'thinking with a forced tool',
    { max_tokens: 4096, thinking: { type: 'enabled', budget_tokens: 1024 }, tools: [TOOL], tool_choice: { type: 'any' } },
    400,
    'Thinking may not be enabled when tool_choice forces tool use',
  ],
  [
    'a thought whose signature is another',
    {
      messages: [
        user('hi'),
        assistant([
          { type: 'thinking', thinking: 'Hm.', signature: 'AAAA' },
          { type: 'text', text: 'x' },
        ]),
        user('go'),
      ],
    },
    400,
    'Invalid `signature` in `thinking` block',
  ],
  [
    'a call without the thought before it',
    {
      max_tokens: 4096,
      thinking: { type: 'enabled', budget_tokens: 1024 },
      tools: [TOOL],
      messages: [user('hi'), assistant([use('toolu_1')]), user([result('toolu_1')])],
    },
    400,
    'Expected `thinking` or `redacted_thinking`, but found `tool_use`',
  ],
  [
    'too many marks',
    { messages: [user('12345'.split('').map((text) => ({ type: 'text', text, cache_control: { type: 'ephemeral' } })))] },
    400,
    'A maximum of 4 blocks',
  ],
  ['a blank stop sequence', { stop_sequences: ['  '] }, 400, 'must contain non-whitespace'],
  ['a temperature out of range', { temperature: 1.5 }, 400, 'temperature: range: 0..1'],
  [
    'a schema that is open',
    { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
    400,
    "'additionalProperties' must be explicitly set to false",
  ],
  ['an unknown model', { model: 'claude-404' }, 404, 'not_found_error'],
];

const GOOD = { model: 'claude-opus-5', max_tokens: 1024, messages: [user('Hello')] };

describeRefusals(
  'anthropic',
  {
    provider: 'anthropic',
    path: '/v1/messages',
    headers: (keys) => ({ 'x-api-key': keys.anthropic, 'anthropic-version': '2023-06-01' }),
    good: GOOD,
  },
  CASES,
);

describeRefusals(
  'anthropic since 2026-10-21',
  {
    provider: 'anthropic',
    path: '/v1/messages',
    headers: (keys) => ({ authorization: `Bearer ${keys.anthropic}`, 'anthropic-version': '2026-10-21' }),
    good: GOOD,
  },
  [
    ['a temperature', { temperature: 1 }, 400, 'temperature: Extra inputs are not permitted'],
    [
      'a document of the model',
      { messages: [user('hi'), assistant([{ type: 'document', source: {} }]), user('go')] },
      400,
      'only allowed in `user` messages',
    ],
    ['citations of the user', { messages: [user([{ type: 'text', text: 'x', citations: [{}] }])] }, 400, 'citations'],
  ],
);

describeRefusals(
  'anthropic token counts',
  {
    provider: 'anthropic',
    path: '/v1/messages/count_tokens',
    headers: (keys) => ({ 'x-api-key': keys.anthropic, 'anthropic-version': '2023-06-01' }),
    good: { model: 'claude-opus-5', messages: [user('Hello')] },
  },
  [['max_tokens is nothing to count', { max_tokens: 5 }, 400, 'max_tokens: Extra inputs are not permitted']],
);

describeRefusals(
  'claude on vertex',
  {
    provider: 'vertex',
    path: '/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-opus-5:rawPredict',
    headers: (keys) => ({ authorization: `Bearer ${keys.vertex}` }),
    good: { anthropic_version: 'vertex-2023-10-16', max_tokens: 1024, messages: [user('Hello')] },
  },
  [
    ['the version is missing', { anthropic_version: undefined }, 400, 'anthropic_version'],
    ['a model in the body', { model: 'claude-opus-5' }, 400, 'model: Extra inputs are not permitted'],
  ],
);
