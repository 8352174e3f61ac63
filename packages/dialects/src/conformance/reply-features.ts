import type { Candidate, CanonicalReply } from '../canonical/canonical-reply.js';
import type { Part } from '../canonical/part.js';

/** Something that an answer can hold, and what must be found of it in any dialect's body. */
export interface ReplyFeature {
  readonly name: string;
  readonly candidates: readonly Candidate[];
  readonly evidence: readonly string[];
}

const text = (words: string): Part => ({ type: 'text', text: words });
const done = (...parts: Part[]): readonly Candidate[] => [{ parts, stop: 'stop' }];
const call = (id: string, name: string, json: string): Part => ({ type: 'tool_call', id, name, arguments: json });
const called = (...parts: Part[]): readonly Candidate[] => [{ parts, stop: 'tool_calls' }];

export const REPLY_FEATURES: readonly ReplyFeature[] = [
  { name: 'text', candidates: done(text('hello-1')), evidence: ['hello-1'] },
  {
    name: 'tool call',
    candidates: called(call('call_1', 'get_weather', '{"town":"Oslo"}')),
    evidence: ['call_1', 'get_weather', 'Oslo'],
  },
  { name: 'tool call without arguments', candidates: called(call('call_2', 'get_time', '{}')), evidence: ['call_2', 'get_time'] },
  {
    name: 'text, then parallel tool calls',
    candidates: called(
      text('well-3'),
      call('call_3', 'get_weather', '{"town":"Rome"}'),
      call('call_4', 'get_time', '{"zone":"CET"}'),
    ),
    evidence: ['well-3', 'Rome', 'CET'],
  },
  { name: 'reasoning', candidates: done({ type: 'reasoning', text: 'hm-4' }, text('so-4')), evidence: ['hm-4', 'so-4'] },
  {
    name: 'reasoning, signed by Anthropic',
    candidates: done({ type: 'reasoning', text: 'hm-5', signature: { format: 'anthropic', data: 'EqQBCgIYAhIM' } }, text('so-5')),
    evidence: ['hm-5', 'EqQBCgIYAhIM', 'so-5'],
  },
  {
    name: 'reasoning, redacted by Anthropic',
    candidates: done({ type: 'reasoning', text: '', encrypted: { format: 'anthropic', data: 'EmwKAhgBEgy3' } }, text('so-6')),
    evidence: ['EmwKAhgBEgy3', 'so-6'],
  },
  {
    name: 'reasoning, encrypted by OpenAI',
    candidates: done(
      { type: 'reasoning', text: 'sum-7', encrypted: { format: 'openai', data: 'gAAAAABo' }, id: 'rs_7' },
      text('so-7'),
    ),
    evidence: ['sum-7', 'gAAAAABo', 'so-7'],
  },
  {
    name: 'tool call, signed by Google',
    candidates: called({
      type: 'tool_call',
      id: 'call_8',
      name: 'get_time',
      arguments: '{}',
      signature: { format: 'google', data: 'CiQBjz1r' },
    }),
    evidence: ['call_8', 'CiQBjz1r'],
  },
  { name: 'refusal', candidates: [{ parts: [{ type: 'refusal', text: 'not-9' }], stop: 'refusal' }], evidence: ['not-9'] },
  { name: 'content filter', candidates: [{ parts: [text('cut-10')], stop: 'content_filter' }], evidence: ['cut-10'] },
  { name: 'bound of the output reached', candidates: [{ parts: [text('cut-11')], stop: 'length' }], evidence: ['cut-11'] },
  {
    name: 'citations with an address',
    candidates: done({
      type: 'text',
      text: 'see-12',
      citations: [{ url: 'https://news.example/12', title: 'News', start: 0, end: 6 }],
    }),
    evidence: ['see-12', 'https://news.example/12'],
  },
  {
    name: 'log probabilities',
    candidates: [
      {
        parts: [text('hi-13')],
        stop: 'stop',
        logprobs: [{ token: 'hi-13', logprob: -0.125, bytes: null, top: [{ token: 'ho', logprob: -2.5, bytes: null }] }],
      },
    ],
    evidence: ['hi-13', '-0.125'],
  },
  {
    name: 'several answers',
    candidates: [
      { parts: [text('one-14')], stop: 'stop' },
      { parts: [text('two-14')], stop: 'stop' },
    ],
    evidence: ['one-14', 'two-14'],
  },
];

export const replyOf = ({ candidates }: ReplyFeature): CanonicalReply => ({
  // No dialect's own: nothing may pass by `rest` alone.
  source: 'ollama',
  id: 'reply_1',
  model: 'a-model',
  createdAt: 1_700_000_000,
  candidates,
  usage: { input: 10, cacheRead: 20, cacheWrite: 5, inputAudio: 0, output: 7, reasoning: 3, outputAudio: 0 },
});
