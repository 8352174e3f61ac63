import type { CanonicalRequest } from '../canonical/canonical-request.js';
import type { CanonicalMessage } from '../canonical/message.js';
import type { Part } from '../canonical/part.js';

/** Something that a request can ask for, as a call that asks for it, and what must then be found in any vendor's body. */
export interface RequestFeature {
  readonly name: string;
  readonly fields: Partial<CanonicalRequest>;
  /** Texts of the written body, unless the field is named as dropped. */
  readonly evidence: readonly string[];
}

const user = (...parts: Part[]): CanonicalMessage => ({ role: 'user', parts });
const text = (words: string): Part => ({ type: 'text', text: words });
const ask = (part: Part): Partial<CanonicalRequest> => ({ messages: [user(text('see this'), part)] });
const said = (...messages: CanonicalMessage[]): Partial<CanonicalRequest> => ({ messages: [user(text('hi')), ...messages] });

const SCHEMA = { type: 'object', properties: { town: { type: 'string' } }, required: ['town'], additionalProperties: false };
const WEATHER = { type: 'function', name: 'get_weather', description: 'tells the weather', parameters: SCHEMA } as const;
const CLOCK = { type: 'function', name: 'get_time' } as const;
const CALL = { type: 'tool_call', id: 'call_a1', name: 'get_weather', arguments: '{"town":"Oslo"}' } as const;
const OTHER_CALL = { type: 'tool_call', id: 'call_b2', name: 'get_time', arguments: '{}' } as const;
const RESULT = { type: 'tool_result', callId: 'call_a1', name: 'get_weather', parts: [text('rain-7')] } as const;
const OTHER_RESULT = { type: 'tool_result', callId: 'call_b2', name: 'get_time', parts: [text('noon-8')] } as const;
const calls = (...parts: Part[]): CanonicalMessage => ({ role: 'assistant', parts });
const results = (...parts: Part[]): CanonicalMessage => ({ role: 'tool', parts });
const PNG = { kind: 'base64', mediaType: 'image/png', data: 'iVBORw0KGgoAAAANS' } as const;

export const REQUEST_FEATURES: readonly RequestFeature[] = [
  { name: 'text', fields: { messages: [user(text('plain-words'))] }, evidence: ['plain-words'] },
  {
    name: 'system',
    fields: { messages: [{ role: 'system', parts: [text('be-brief')] }, user(text('hi'))] },
    evidence: ['be-brief'],
  },
  {
    name: 'system in mid-conversation',
    fields: said(calls(text('hello')), user(text('go on')), { role: 'system', parts: [text('be-loud')] }),
    evidence: ['be-loud'],
  },
  { name: 'image, base64', fields: ask({ type: 'image', source: PNG }), evidence: ['iVBORw0KGgoAAAANS'] },
  {
    name: 'image, URL',
    fields: ask({ type: 'image', source: { kind: 'url', url: 'https://pictures.example/cat-5.png' } }),
    evidence: ['https://pictures.example/cat-5.png'],
  },
  {
    name: 'PDF, base64',
    fields: ask({
      type: 'file',
      source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBERi0xLjcK' },
      filename: 'a.pdf',
    }),
    evidence: ['JVBERi0xLjcK'],
  },
  {
    name: 'PDF, URL',
    fields: ask({ type: 'file', source: { kind: 'url', url: 'https://papers.example/a-6.pdf', mediaType: 'application/pdf' } }),
    evidence: ['https://papers.example/a-6.pdf'],
  },
  {
    name: 'audio',
    fields: ask({ type: 'audio', source: { kind: 'base64', mediaType: 'audio/wav', data: 'UklGRiQAAABXQVZF' } }),
    evidence: ['UklGRiQAAABXQVZF'],
  },
  { name: 'tools', fields: { tools: [WEATHER] }, evidence: ['get_weather', 'tells the weather', 'town'] },
  { name: 'tool without arguments', fields: { tools: [CLOCK] }, evidence: ['get_time'] },
  { name: 'tool choice: required', fields: { tools: [WEATHER], toolChoice: { type: 'required' } }, evidence: ['get_weather'] },
  { name: 'tool choice: none', fields: { tools: [WEATHER], toolChoice: { type: 'none' } }, evidence: ['none'] },
  {
    name: 'tool choice: one tool',
    fields: { tools: [WEATHER, CLOCK], toolChoice: { type: 'tool', name: 'get_time' } },
    evidence: ['get_time'],
  },
  { name: 'no parallel tool calls', fields: { tools: [WEATHER], parallelToolCalls: false }, evidence: ['parallel'] },
  { name: 'strict tools', fields: { tools: [{ ...WEATHER, strict: true }] }, evidence: ['strict'] },
  {
    name: 'tool of free text',
    fields: { tools: [{ type: 'custom', name: 'apply_patch', description: 'changes a file' }] },
    evidence: ['apply_patch', 'changes a file'],
  },
  { name: 'tool calls and results', fields: said(calls(CALL), results(RESULT)), evidence: ['Oslo', 'rain-7'] },
  {
    name: 'parallel tool calls and results',
    fields: said(calls(CALL, OTHER_CALL), results(RESULT, OTHER_RESULT)),
    evidence: ['Oslo', 'rain-7', 'noon-8'],
  },
  {
    name: 'tool result with an image',
    fields: said(calls(CALL), results({ ...RESULT, parts: [text('rain-7'), { type: 'image', source: PNG }] })),
    evidence: ['rain-7', 'iVBORw0KGgoAAAANS'],
  },
  { name: 'tool result, failed', fields: said(calls(CALL), results({ ...RESULT, isError: true })), evidence: ['rain-7', 'rror'] },
  {
    name: 'JSON schema',
    fields: { responseFormat: { type: 'json_schema', name: 'place', schema: SCHEMA, strict: true } },
    evidence: ['town'],
  },
  { name: 'JSON without a schema', fields: { responseFormat: { type: 'json' } }, evidence: ['json'] },
  { name: 'reasoning effort', fields: { reasoning: { effort: 'high' } }, evidence: ['h'] },
  { name: 'reasoning off', fields: { reasoning: { effort: 'none' } }, evidence: ['e'] },
  {
    name: 'reasoning, signed by Anthropic',
    fields: said(
      calls({ type: 'reasoning', text: 'hm-9', signature: { format: 'anthropic', data: 'EqQBCgIYAhIM' } }, text('so')),
    ),
    evidence: ['hm-9', 'EqQBCgIYAhIM'],
  },
  {
    name: 'reasoning, encrypted by OpenAI',
    fields: said(
      calls({ type: 'reasoning', text: '', encrypted: { format: 'openai', data: 'gAAAAABo' }, id: 'rs_1' }, text('so')),
    ),
    evidence: ['gAAAAABo'],
  },
  {
    name: 'tool call, signed by Google',
    fields: said(calls({ ...CALL, signature: { format: 'google', data: 'CiQBjz1rX' } }), results(RESULT)),
    evidence: ['CiQBjz1rX'],
  },
  { name: 'temperature', fields: { temperature: 0.25 }, evidence: ['0.25'] },
  { name: 'top_p', fields: { topP: 0.375 }, evidence: ['0.375'] },
  { name: 'top_k', fields: { topK: 417 }, evidence: ['417'] },
  { name: 'penalties', fields: { frequencyPenalty: 0.625, presencePenalty: 0.875 }, evidence: ['0.625', '0.875'] },
  { name: 'seed', fields: { seed: 424_242 }, evidence: ['424242'] },
  { name: 'stop sequences', fields: { stop: ['STOP-1', 'STOP-2'] }, evidence: ['STOP-1', 'STOP-2'] },
  { name: 'bound of the output', fields: { maxOutputTokens: 777 }, evidence: ['777'] },
  { name: 'log probabilities', fields: { logprobs: { top: 3 } }, evidence: ['3'] },
  { name: 'logit bias', fields: { logitBias: { '50256': -100 } }, evidence: ['50256'] },
  { name: 'several answers', fields: { candidates: 3 }, evidence: ['3'] },
  { name: 'end user', fields: { user: 'user-11' }, evidence: ['user-11'] },
  { name: 'metadata', fields: { metadata: { case: 'meta-12' } }, evidence: ['meta-12'] },
  {
    name: 'cache marks',
    fields: { messages: [user({ type: 'text', text: 'long-13', cache: {} })] },
    evidence: ['long-13', 'cache'],
  },
  { name: 'verbosity', fields: { verbosity: 'low' }, evidence: ['low'] },
];

export const requestOf = ({ fields }: RequestFeature, source: CanonicalRequest['source']): CanonicalRequest => ({
  source,
  model: 'a-model',
  messages: [user(text('hi'))],
  stream: false,
  includeUsage: true,
  ...fields,
});
