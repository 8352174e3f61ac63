import { EnvironmentError, readEnvironment } from '@tollgate/kernel';
import { expect, test } from 'vitest';
import { ADAPTER_ENVIRONMENT, adapterConfig } from './config.js';

const KEY = Buffer.alloc(32, 7).toString('base64url');
const read = (variables: Record<string, string>) =>
  adapterConfig(readEnvironment(ADAPTER_ENVIRONMENT, { variables, readFile: (path) => `from ${path}\n` }));

test('the sealing key is required, and everything else has a value', () => {
  expect(() => read({})).toThrow(EnvironmentError);
  expect(read({ TOLLGATE_SEALING_KEY: KEY })).toMatchObject({
    sealingKey: new Uint8Array(32).fill(7),
    callsMax: 10_000,
    providerVariables: {},
  });
});

test('provider variables are those of the vendors, from a file as well', () => {
  const { providerVariables } = read({
    TOLLGATE_SEALING_KEY: KEY,
    OPENAI_API_KEY: ' sk-1 ',
    GROQ_API_KEY_FILE: '/run/groq',
    PATH: '/bin',
    OLLAMA_HOST: 'box',
  });
  expect(providerVariables).toEqual({ OPENAI_API_KEY: 'sk-1', GROQ_API_KEY: 'from /run/groq', OLLAMA_HOST: 'box' });
});

test('a bad sealing key is named without its value', () => {
  for (const bad of ['short', `${KEY}x`, `${KEY.slice(0, -1)}!`]) {
    expect(() => read({ TOLLGATE_SEALING_KEY: bad })).toThrow(/TOLLGATE_SEALING_KEY is not usable/);
    expect(() => read({ TOLLGATE_SEALING_KEY: bad })).not.toThrow(new RegExp(bad));
  }
});
