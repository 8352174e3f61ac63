import type { DialectName } from '../canonical/dialect-name.js';

export interface Sample {
  readonly name: string;
  /** Events as JSON texts, to be framed by the dialect's row. */
  readonly events: readonly string[];
}

const json = (values: readonly object[]): readonly string[] => values.map((value) => JSON.stringify(value));

const chunk = (delta: object, finish: string | null = null, more: object = {}): object => ({
  id: '5319bd0299614c679a0068a4f2c8ffd0',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'magistral-medium-latest',
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
});
const thinking = (text: string): object => ({ content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] });
const MISTRAL_CALLS = [
  chunk({ role: 'assistant', content: '' }),
  chunk(thinking('which ')),
  chunk(thinking('town?')),
  chunk({ content: [{ type: 'text', text: 'Söme ' }] }),
  chunk({ content: 'words 🌧' }),
  chunk({ tool_calls: [{ id: 'a1B2c3D4e', function: { name: 'weather', arguments: '{"town":"Öslo"}' }, index: 0 }] }),
  chunk({ tool_calls: [{ id: 'f5G6h7J8k', function: { name: 'time', arguments: '{}' }, index: 1 }] }),
  chunk({ content: '' }, 'tool_calls', { usage: { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 } }),
];

const line = (message: object, more: object = {}): object => ({
  model: 'qwen3',
  created_at: '2026-01-01T00:00:00.123456Z',
  message: { role: 'assistant', content: '', ...message },
  done: false,
  ...more,
});
const OLLAMA_CALLS = [
  line({ thinking: 'which ' }),
  line({ thinking: 'town?' }),
  line({ content: 'Söme ' }),
  line({ content: 'words 🌧' }),
  line({ tool_calls: [{ function: { name: 'weather', arguments: { town: 'Öslo' } } }] }),
  line({ tool_calls: [{ function: { name: 'time', arguments: {} } }] }),
  line({}, { done: true, done_reason: 'stop', prompt_eval_count: 20, eval_count: 10 }),
];

const content = (type: string, index: number, value: object): object => ({ type, index, delta: { message: { content: value } } });
const called = (type: string, index: number, value: object): object => ({
  type,
  index,
  delta: { message: { tool_calls: value } },
});
const COHERE_CALLS = [
  { id: 'e7592632', type: 'message-start', delta: { message: { role: 'assistant', content: [], tool_plan: '' } } },
  content('content-start', 0, { type: 'thinking', thinking: '' }),
  content('content-delta', 0, { thinking: 'which ' }),
  content('content-delta', 0, { thinking: 'town?' }),
  { type: 'content-end', index: 0 },
  { type: 'tool-plan-delta', delta: { message: { tool_plan: 'Söme ' } } },
  { type: 'tool-plan-delta', delta: { message: { tool_plan: 'words 🌧' } } },
  called('tool-call-start', 0, { id: 'weather_1', type: 'function', function: { name: 'weather', arguments: '' } }),
  called('tool-call-delta', 0, { function: { arguments: '{"town":' } }),
  called('tool-call-delta', 0, { function: { arguments: '"Öslo"}' } }),
  { type: 'tool-call-end', index: 0 },
  called('tool-call-start', 1, { id: 'time_2', type: 'function', function: { name: 'time', arguments: '' } }),
  called('tool-call-delta', 1, { function: { arguments: 'null' } }),
  { type: 'tool-call-end', index: 1 },
  {
    type: 'message-end',
    delta: { finish_reason: 'TOOL_CALL', usage: { tokens: { input_tokens: 20, output_tokens: 10 }, cached_tokens: 4 } },
  },
];

/** Answers of the dialects that only vendors speak: thoughts, words and two calls, in the vendor's own frames. */
export const SAMPLES: Readonly<Partial<Record<DialectName, Sample>>> = {
  mistral: { name: 'thoughts, words and calls', events: json(MISTRAL_CALLS) },
  ollama: { name: 'thoughts, words and calls', events: json(OLLAMA_CALLS) },
  'cohere-v2': { name: 'thoughts, a plan and calls', events: json(COHERE_CALLS) },
};
