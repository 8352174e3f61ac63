import { expect, test } from 'vitest';
import { concreteModel } from './concrete-model.js';

test.each([
  ['gpt-5', 'openai', 'fast', 'gpt-5'],
  ['*', 'openai', 'openai/gpt-5', 'gpt-5'],
  ['*', 'openrouter', 'openrouter/meta/llama', 'meta/llama'],
  ['*', 'openai', 'mine/gpt-5', 'mine/gpt-5'],
  ['*', 'openai', 'openai', 'openai'],
  ['*', 'openai', 'openai2/gpt', 'openai2/gpt'],
])('deployment %s of %s, called as %s, is asked for %s', (deployed, provider, model, wanted) => {
  expect(concreteModel(deployed, provider, model)).toBe(wanted);
});
