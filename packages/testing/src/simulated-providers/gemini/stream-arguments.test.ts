import { expect, test } from 'vitest';
import { startSimulatedProviders } from '../server.js';
import { streamArguments } from './stream-arguments.js';

test('arguments come piece by piece under their paths, and an empty call ends them', () => {
  expect(streamArguments('weather', { city: 'Reykjavik', days: 3, at: [{ noon: true }, null] })).toEqual([
    { name: 'weather', willContinue: true },
    { partialArgs: [{ jsonPath: '$.city', stringValue: 'Reykja', willContinue: true }], willContinue: true },
    { partialArgs: [{ jsonPath: '$.city', stringValue: 'vik', willContinue: true }], willContinue: true },
    { partialArgs: [{ jsonPath: '$.city', stringValue: '' }], willContinue: true },
    { partialArgs: [{ jsonPath: '$.days', numberValue: 3 }], willContinue: true },
    { partialArgs: [{ jsonPath: '$.at[0].noon', boolValue: true }], willContinue: true },
    { partialArgs: [{ jsonPath: '$.at[1]', nullValue: 'NULL_VALUE' }], willContinue: true },
    {},
  ]);
});

test('a call without arguments comes whole', () => {
  expect(streamArguments('now', {})).toEqual([{ name: 'now' }]);
});

test('they are streamed where the request asks for it, the signature with the name', async () => {
  const providers = await startSimulatedProviders();
  const answer = await fetch(
    `${providers.url('vertex')}/v1/projects/p/locations/l/publishers/google/models/gemini-3-pro:streamGenerateContent?alt=sse`,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${providers.keys.vertex}` },
      body: JSON.stringify({
        contents: [{ role: 'user', parts: [{ text: '@call weather {"city":"Oslo"}' }] }],
        tools: [
          {
            functionDeclarations: [{ name: 'weather', parameters: { type: 'OBJECT', properties: { city: { type: 'STRING' } } } }],
          },
        ],
        toolConfig: { functionCallingConfig: { mode: 'AUTO', streamFunctionCallArguments: true } },
      }),
    },
  );
  const text = await answer.text();
  await providers.stop();
  expect(text).toMatch(/"functionCall":\{"name":"weather","willContinue":true\},"thoughtSignature":"\S+"/);
  expect(text).toContain('"partialArgs":[{"jsonPath":"$.city","stringValue":"Oslo","willContinue":true}]');
  expect(text.indexOf('"functionCall":{}')).toBeGreaterThan(text.indexOf('partialArgs'));
});
