import { expect, test } from 'vitest';
import { readableVariables } from './readable-variables.js';

test('a variable of the operator can be named, one of the gateway itself cannot', () => {
  const readable = readableVariables(
    { OPENAI_API_KEY: 'given' },
    { OPENAI_API_KEY: 'ambient', OWN_KEY: 'own', EMPTY: '', TOLLGATE_SEALING_KEY: 'no', DATABASE_URL: 'no', NATS_URL: 'no' },
  );
  expect(readable).toEqual({ OPENAI_API_KEY: 'given', OWN_KEY: 'own' });
});
