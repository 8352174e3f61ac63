import { describeRefusals } from '../conformance/describe-refusals.js';

const user = { role: 'user', content: 'hi' };

describeRefusals(
  'ollama',
  { provider: 'ollama', path: '/api/chat', headers: () => ({}), good: { model: 'qwen3', messages: [user], whatever: 1 } },
  [
    ['no model', { model: undefined }, 400, 'model is required'],
    ['an unknown model', { model: 'qwen-404' }, 404, "model 'qwen-404' not found"],
    ['content in parts', { messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }, 400, 'cannot unmarshal array'],
    [
      'arguments as text',
      { messages: [user, { role: 'assistant', content: '', tool_calls: [{ function: { name: 'w', arguments: '{}' } }] }] },
      400,
      'cannot unmarshal string',
    ],
    [
      'a picture as an address of data',
      { messages: [{ ...user, images: ['data:image/png;base64,AAAA'] }] },
      400,
      'illegal base64 data',
    ],
    ['thinking where there is none', { model: 'llama3.2', think: true }, 400, 'does not support thinking'],
    ['a format of another vendor', { format: 'json_schema' }, 400, 'invalid format'],
  ],
);
