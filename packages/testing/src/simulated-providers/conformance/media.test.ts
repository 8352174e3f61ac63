import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SIMULATED_KEYS } from '../engine/vendor.js';
import { type SimulatedProviders, startSimulatedProviders } from '../server.js';
import { PNG } from './describe-refusals.js';

const PDF = Buffer.from('%PDF-1.7\nsimulated').toString('base64');
const WAV = Buffer.from('RIFF....WAVEfmt simulated').toString('base64');
const keys = SIMULATED_KEYS;
const bytesOf = (data: string): number => Buffer.from(data, 'base64').length;
const pdf = `data:application/pdf;base64,${PDF}`;
const png = `data:image/png;base64,${PNG}`;

/** Provider, path, headers, body, what the answer names. */
type Case = readonly [string, string, Record<string, string>, object, string];

const anthropic = { 'x-api-key': keys.anthropic, 'anthropic-version': '2023-06-01' };
const openai = { authorization: `Bearer ${keys.openai}` };
const ask = (content: unknown) => [{ role: 'user', content }];
const call = { type: 'function', function: { name: 'see', arguments: '{}' } };

const FILES: readonly Case[] = [
  [
    'anthropic',
    '/v1/messages',
    anthropic,
    {
      model: 'claude-opus-5',
      max_tokens: 99,
      messages: ask([{ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF } }]),
    },
    'application/pdf',
  ],
  [
    'openai',
    '/v1/chat/completions',
    openai,
    { model: 'gpt', messages: ask([{ type: 'file', file: { filename: 'a.pdf', file_data: pdf } }]) },
    'application/pdf',
  ],
  [
    'openai',
    '/v1/responses',
    openai,
    { model: 'gpt', input: ask([{ type: 'input_file', filename: 'a.pdf', file_data: pdf }]) },
    'application/pdf',
  ],
  [
    'gemini',
    '/v1beta/models/gemini-2.5-flash:generateContent',
    { 'x-goog-api-key': keys.gemini },
    { contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'application/pdf', data: PDF } }] }] },
    'application/pdf',
  ],
  [
    'bedrock',
    '/model/claude/converse',
    { authorization: `Bearer ${keys.aws.apiKey}` },
    { messages: ask([{ document: { format: 'pdf', name: 'a file', source: { bytes: PDF } } }]) },
    'application/pdf',
  ],
  [
    'mistral',
    '/v1/chat/completions',
    { authorization: `Bearer ${keys.mistral}` },
    { model: 'mistral-small-latest', messages: ask([{ type: 'document_url', document_url: pdf }]) },
    'application/pdf',
  ],
];

const SOUNDS: readonly Case[] = [
  [
    'openai',
    '/v1/chat/completions',
    openai,
    { model: 'gpt', messages: ask([{ type: 'input_audio', input_audio: { format: 'wav', data: WAV } }]) },
    'audio/wav',
  ],
  [
    'gemini',
    '/v1beta/models/gemini-2.5-flash:generateContent',
    { 'x-goog-api-key': keys.gemini },
    { contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'audio/wav', data: WAV } }] }] },
    'audio/wav',
  ],
];

/** A picture that a tool gave back. */
const TOOL_PICTURES: readonly Case[] = [
  [
    'anthropic',
    '/v1/messages',
    anthropic,
    {
      model: 'claude-opus-5',
      max_tokens: 99,
      messages: [
        ...ask('look'),
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'see', input: {} }] },
        ...ask([
          {
            type: 'tool_result',
            tool_use_id: 't',
            content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }],
          },
          { type: 'text', text: 'What is it?' },
        ]),
      ],
    },
    'see said: ',
  ],
  [
    'openai',
    '/v1/responses',
    openai,
    {
      model: 'gpt',
      input: [
        ...ask('look'),
        { type: 'function_call', call_id: 'c', name: 'see', arguments: '{}' },
        {
          type: 'function_call_output',
          call_id: 'c',
          output: [
            { type: 'input_text', text: 'a dot' },
            { type: 'input_image', image_url: png },
          ],
        },
      ],
    },
    'see said: a dot',
  ],
  [
    'bedrock',
    '/model/claude/converse',
    { authorization: `Bearer ${keys.aws.apiKey}` },
    {
      toolConfig: { tools: [{ toolSpec: { name: 'see', inputSchema: { json: { type: 'object' } } } }] },
      messages: [
        ...ask([{ text: 'look' }]),
        { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'see', input: {} } }] },
        ...ask([
          {
            toolResult: { toolUseId: 't', content: [{ json: { dot: 1 } }, { image: { format: 'png', source: { bytes: PNG } } }] },
          },
        ]),
      ],
    },
    'see said: {\\"dot\\":1}',
  ],
  [
    'openai',
    '/v1/chat/completions',
    openai,
    {
      model: 'gpt',
      messages: [
        ...ask('look'),
        { role: 'assistant', tool_calls: [{ id: 'c', ...call }] },
        { role: 'tool', tool_call_id: 'c', content: 'a dot' },
      ],
    },
    'see said: a dot',
  ],
];

let providers: SimulatedProviders;
beforeAll(async () => {
  providers = await startSimulatedProviders();
});
afterAll(() => providers.stop());

async function send([provider, path, headers, body]: Case): Promise<string> {
  const answer = await fetch(providers.url(provider) + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return answer.text();
}

describe('what a prompt holds beside words is seen', () => {
  test.for(FILES)('a file: %s %s', async (one) => {
    expect(await send(one)).toContain(`I see ${one[4]} of ${bytesOf(PDF)} bytes.`);
  });

  test.for(SOUNDS)('a sound: %s %s', async (one) => {
    expect(await send(one)).toContain(`I see ${one[4]} of ${bytesOf(WAV)} bytes.`);
  });

  test.for(TOOL_PICTURES)('the result of a tool: %s %s', async (one) => {
    expect(await send(one)).toContain(one[4]);
  });
});
