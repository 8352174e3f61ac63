import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { generateToken } from './generate-token.js';
import { type HeaderValues, tokenFromHeaders } from './token-from-headers.js';
import { tokenInQuery } from './token-in-query.js';

const token = generateToken({ type: 'k', environment: 'live', randomBytes }).text;
const other = generateToken({ type: 'k', environment: 'live', randomBytes }).text;
const found = (headers: HeaderValues) => {
  const result = tokenFromHeaders(headers);
  return result.ok ? result.value.text : result.error;
};

test('a token is taken from each of the four headers', () => {
  for (const headers of [
    { authorization: `Bearer ${token}` },
    { authorization: `bearer   ${token}` },
    { 'x-api-key': token },
    { 'api-key': token },
    { 'x-goog-api-key': token },
  ]) {
    expect(found(headers)).toBe(token);
  }
});

test('a dummy in one header does not hide the token in another', () => {
  expect(found({ authorization: 'Bearer dummy', 'x-api-key': token })).toBe(token);
  expect(found({ authorization: `Bearer ${token}`, 'x-api-key': 'dummy' })).toBe(token);
  expect(found({ 'api-key': 'dummy', 'x-goog-api-key': token })).toBe(token);
});

test('of two tokens the first by the order of the headers counts', () => {
  expect(found({ 'x-goog-api-key': other, authorization: `Bearer ${token}` })).toBe(token);
});

test('no token and no good token are told apart', () => {
  for (const headers of [
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer    ' },
    { authorization: `Basic ${token}` },
    { 'x-api-key': '' },
  ]) {
    expect(found(headers)).toBe('missing');
  }
  expect(found({ authorization: `Bearer ${token.slice(0, -1)}` })).toBe('wrong_length');
  expect(found({ 'x-api-key': `${token}, ${token}` })).toBe('wrong_length');
});

test('a credential in the query is found by name or by shape', () => {
  for (const name of ['key', 'api_key', 'api-key', 'access_token', 'token', 'KEY', 'a%70i_key']) {
    expect(tokenInQuery(`/v1/models?a=1&${name}=anything`)).toBe(decodeURIComponent(name).toLowerCase());
  }
  expect(tokenInQuery(`/v1/models?q=${token}`)).toBe('q');
  expect(tokenInQuery(`/v1/models?${token}`)).toBe('');
  expect(tokenInQuery(`/v1/models?q=${token.replaceAll('_', '%5F')}&x=1#frag`)).toBe('q');
});

test('an ordinary query carries none', () => {
  for (const url of [
    '/v1/models',
    '/v1/models?',
    '/v1/models?limit=5&cursor=abc',
    '/x?token=',
    '/x?key',
    '/x?monkey=1',
    '/x?q=%zz',
    `/x?tokens=1#key=${token}`,
    '/x?&&==&',
  ]) {
    expect(tokenInQuery(url), url).toBeNull();
  }
});

test('a query of a megabyte is read in a few milliseconds', () => {
  const started = performance.now();
  expect(tokenInQuery(`/x?${'a=1&'.repeat(250_000)}`)).toBeNull();
  expect(tokenInQuery(`/x?q=${'%41'.repeat(300_000)}`)).toBeNull();
  expect(performance.now() - started).toBeLessThan(500);
});
