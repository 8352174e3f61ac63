import { createPeek } from '@tollgate/dialects';
import { expect, test } from 'vitest';
import { sizeCall } from './bound-call.js';
import { CHAT_COMPLETIONS } from './ingress.js';

const PRICE = {
  source: 'test',
  currency: 'USD',
  input: '1',
  output: '2',
  cacheRead: null,
  cacheWrite: null,
  inputAudio: '40',
  outputAudio: '80',
  tiers: [],
  perRequest: null,
};
const DEPLOYMENT = {
  id: 'a',
  provider: 'p',
  upstreamModel: 'm',
  serves: [],
  contextTokens: null,
  maxOutputTokens: 100,
  price: PRICE,
};
const BOUNDS = { limits: [], budgets: [], sized: true, tokensMax: Number.POSITIVE_INFINITY, requests: null, tokens: null };

function sizeOf(text: string) {
  const body = Buffer.from(text);
  const reader = createPeek();
  reader.push(body);
  const peek = reader.finish();
  if (!peek.ok) throw new Error(peek.error.message);
  return sizeCall(peek.value, body, [DEPLOYMENT], { bounds: BOUNDS, outputCap: null, references: CHAT_COMPLETIONS.references });
}
const withPart = (part: string): string => `{"model":"m","messages":[{"role":"user","content":[${part}]}]}`;
/** The letter at that place of every name, as JSON allows it to be written too. */
const escaped = (text: string, at: number): string =>
  text.replace(/"(image_url|input_audio|file_id|web_search)/g, (_, name: string) => {
    const code = name.charCodeAt(at).toString(16).padStart(4, '0');
    return `"${name.slice(0, at)}\\u${at % 2 === 0 ? code : code.toUpperCase()}${name.slice(at + 1)}`;
  });

test.each([
  ['a picture', '{"type":"image_url","image_url":{"url":"https://example.com/x.png"}}', 50_000],
  ['a file', '{"type":"file","file":{"file_id":"file-1"}}', 1_000_000],
  ['a search', '{"type":"text","text":"x"}],"web_search_options":{},"x":[{}', 1_000_000],
])('%s counts as what it can come to, however its name is written', (_, part, least) => {
  const plain = withPart(part);
  const { tokens } = sizeOf(plain);
  expect(tokens).toBeGreaterThanOrEqual(least);
  for (let at = 0; at < 7; at += 1) expect(sizeOf(escaped(plain, at)).tokens, escaped(plain, at)).toBeGreaterThanOrEqual(tokens);
});

test('sound is priced as sound, however its name is written', () => {
  const plain = withPart('{"type":"input_audio","input_audio":{"data":"","format":"wav"}}');
  const { nano } = sizeOf(plain);
  expect(nano).toBeGreaterThan(40 * plain.length * 1_000);
  for (let at = 0; at < 7; at += 1) expect(sizeOf(escaped(plain, at)).nano).toBeGreaterThanOrEqual(nano);
});

test('text with escapes of its own is counted by its bytes and nothing else', () => {
  const text = withPart('{"type":"text","text":"caf\\u00e9 \\u003cb\\u003e \\u0026 image_url \\u0022 C:\\\\u0061"}');
  expect(sizeOf(text).tokens).toBe(Buffer.byteLength(text) + 100);
});
