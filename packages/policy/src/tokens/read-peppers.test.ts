import { randomBytes } from 'node:crypto';
import { EnvironmentError, readEnvironment } from '@tollgate/kernel';
import { expect, test } from 'vitest';
import { readPeppers, TOKEN_PEPPER_VARIABLE } from './read-peppers.js';

const bytes = randomBytes(32);
const versions = (text: string) => {
  const read = readPeppers(text);
  return read.ok ? read.value.map(({ version, key }) => [version, key.export().toString('hex')]) : read.error;
};

test('hex, base64url and base64 give the same key', () => {
  const expected = [[1, bytes.toString('hex')]];
  for (const text of [
    bytes.toString('hex'),
    bytes.toString('base64url'),
    bytes.toString('base64'),
    `1:${bytes.toString('hex')}`,
  ]) {
    expect(versions(text)).toEqual(expected);
  }
});

test('two versions are read in their order', () => {
  expect(versions(`2:${'ab'.repeat(32)}, 1:${bytes.toString('base64url')}`)).toEqual([
    [2, 'ab'.repeat(32)],
    [1, bytes.toString('hex')],
  ]);
});

test('each unusable text has its reason', () => {
  const good = bytes.toString('base64url');
  expect(versions('')).toBe('empty');
  expect(versions('1:')).toBe('empty');
  expect(versions('secret')).toBe('too_short');
  expect(versions('ab'.repeat(20))).toBe('too_short');
  expect(versions('not base64 !'.repeat(9))).toBe('wrong_text');
  expect(versions(`0:${good}`)).toBe('wrong_version');
  expect(versions(`v1:${good}`)).toBe('wrong_version');
  expect(versions(`1:${good},1:${good}`)).toBe('same_version');
  expect(versions(`3:${good},2:${good},1:${good}`)).toBe('too_many');
  expect(versions(`2:${good},`)).toBe('empty');
});

test('a missing or short pepper stops the start with a line that names the variable and never the value', () => {
  const read = (variables: Record<string, string>) => () =>
    readEnvironment({ peppers: TOKEN_PEPPER_VARIABLE }, { variables, readFile: () => '' });
  expect(read({})).toThrow(EnvironmentError);
  expect(read({})).toThrow(/TOLLGATE_TOKEN_PEPPER is missing: at least 32 random bytes/);
  expect(read({ TOLLGATE_TOKEN_PEPPER: 'hunter2' })).toThrow(/TOLLGATE_TOKEN_PEPPER is not usable: expected at least 32/);
  expect(read({ TOLLGATE_TOKEN_PEPPER: 'hunter2' })).not.toThrow(/hunter2/);
});
