import { type UpstreamCall, UpstreamCallSchema } from '@tollgate/contracts';
import { encodeJson } from '@tollgate/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCall } from './read-call.js';

const good: UpstreamCall = {
  v: 1,
  attempt: 1,
  deploymentId: 'dep_1',
  revision: 0,
  endpoint: 'chat.completions',
  dialect: 'openai-chat',
  stream: false,
  spans: { model: [1, 5], maxTokens: null, maxCompletionTokens: [6, 7], streamOptions: null, insertAt: 1 },
  model: 'other/model',
  modelOutputTokensMax: 8_192,
  maxOutputTokens: null,
  usageAsked: true,
  timeouts: { connectMs: 1, firstByteMs: 2, idleMs: 3 },
  headers: { 'idempotency-key': 'x' },
};

const reads = (call: unknown): boolean => {
  try {
    readCall(encodeJson(call));
    return true;
  } catch {
    return false;
  }
};

test('a call of the contract is read as it is', () => {
  expect(readCall(encodeJson(good))).toEqual(good);
});

test('the check by hand takes and refuses what the schema does', () => {
  const odd = fc.constantFrom<unknown>(
    null,
    undefined,
    0,
    -1,
    1.5,
    'x',
    '',
    true,
    [],
    {},
    [1, 2],
    [1],
    ['a', 2],
    { model: 1 },
    { a: 1 },
  );
  const names = Object.keys(good) as (keyof UpstreamCall)[];
  fc.assert(
    fc.property(fc.constantFrom(...names), odd, (name, value) => {
      const call: unknown = JSON.parse(JSON.stringify({ ...good, [name]: value }));
      expect(reads(call), JSON.stringify(call)).toBe(UpstreamCallSchema.safeParse(call).success);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['spans', 'model'],
  ['spans', 'insertAt'],
  ['spans', 'maxTokens'],
  ['timeouts', 'idleMs'],
] as const)('%s.%s must be there', (outer, inner) => {
  const call = structuredClone(good) as unknown as Record<string, Record<string, unknown>>;
  delete call[outer]?.[inner];
  expect(reads(call)).toBe(false);
});
