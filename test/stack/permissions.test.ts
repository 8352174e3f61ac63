import { type Stack, startStack } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCast } from '../proof/permissions/cast.ts';
import { runMatrix } from '../proof/permissions/matrix.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ arrangement: 'standalone', env: { LOG_LEVEL: 'warn' } });
});
afterAll(async () => stack?.stop());

test('every operation is open to those who hold its permission, within their organisation and team, and to nobody else', async () => {
  const said: string[] = [];
  const { cells, leaks, unexplained } = await runMatrix(await makeCast(stack), (text) => void said.push(text));
  expect(cells).toBeGreaterThan(900);
  expect({ leaks, unexplained, said: said.filter((text) => /^[A-Z]{4}/.test(text)) }).toEqual({
    leaks: 0,
    unexplained: 0,
    said: [],
  });
}, 300_000);
