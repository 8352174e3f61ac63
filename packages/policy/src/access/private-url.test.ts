import { expect, test } from 'vitest';
import { isPrivateUrl } from './private-url.js';

test.each([
  ['http://127.0.0.1:8000/v1', true],
  ['http://2130706433/v1', true],
  ['http://0x7f.1/v1', true],
  ['http://[::1]:8000/v1', true],
  ['http://[::ffff:10.0.0.1]/v1', true],
  ['http://169.254.169.254/', true],
  ['http://localhost:11434/v1', true],
  ['http://LOCALHOST./v1', true],
  ['http://model.localhost/v1', true],
  ['https://api.openai.com/v1', false],
  ['https://8.8.8.8/v1', false],
  ['http://vllm.models.svc:8000/v1', false],
  ['demo:', false],
  ['nonsense', false],
])('%s: %s', (url, expected) => {
  expect(isPrivateUrl(url)).toBe(expected);
});
