import { createPeek } from '@tollgate/dialects';
import { encodeUtf8 } from '@tollgate/kernel';
import { expect, test } from 'vitest';
import { affinityKeyOf } from './affinity-key.js';

const keyOf = (fields: object, content = 'hello', tokenId = 'tok_1'): string => {
  const body = encodeUtf8(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...fields }));
  const peek = createPeek();
  peek.push(body);
  const read = peek.finish();
  if (!read.ok) throw new Error(read.error.message);
  return affinityKeyOf(tokenId, read.value.belonging, body);
};
const [ONE, OTHER] = ['one prompt', 'another prompt'];

test.each([
  ['prompt_cache_key', { prompt_cache_key: 'app-1' }],
  ['a session in the metadata', { metadata: { session_id: 's-1', request: Math.random() } }],
  ['the user in the metadata, as coding agents write it', { metadata: { user_id: 'user_1_session_2' } }],
  ['the user', { user: 'u-1' }],
])('%s keeps calls together whatever they say', (_, fields) => {
  expect(keyOf(fields, ONE)).toBe(keyOf(fields, OTHER));
  expect(keyOf(fields, ONE)).not.toBe(keyOf({}, ONE));
});

test('the word for it goes before the session, the session before the user', () => {
  const all = { prompt_cache_key: 'k', metadata: { session_id: 's' }, user: 'u' };
  expect(keyOf(all)).toBe(keyOf({ prompt_cache_key: 'k' }));
  expect(keyOf({ ...all, prompt_cache_key: null })).toBe(keyOf({ metadata: { session_id: 's' } }));
  expect(keyOf({ user: 'u', metadata: { purpose: 'x' } })).toBe(keyOf({ user: 'u' }));
});

test('otherwise the beginning of the messages: what follows it changes nothing, another beginning does', () => {
  const long = 'x'.repeat(2_000);
  expect(keyOf({}, `${long} first question`)).toBe(keyOf({}, `${long} second question`));
  expect(keyOf({}, ONE)).not.toBe(keyOf({}, OTHER));
  expect(keyOf({ temperature: 1 }, long)).toBe(keyOf({ temperature: 0 }, long));
});

test('two tokens never share a key, whatever they send', () => {
  const fields = { prompt_cache_key: 'k' };
  expect(keyOf(fields, ONE, 'tok_1')).not.toBe(keyOf(fields, ONE, 'tok_2'));
});

test.each([null, '', {}, 5, [], { user_id: 7 }, { session_id: '' }])(
  'metadata %j says nothing and breaks nothing',
  (metadata) => {
    expect(keyOf({ metadata })).toBe(keyOf({}));
  },
);
