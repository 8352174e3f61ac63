import * as crypto from 'node:crypto';
import { EMPTY_POLICY, type TokenSecret, type TokenSnapshot } from '@tollgate/contracts';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { digestToken } from './digest-token.js';
import { generateToken } from './generate-token.js';
import { parseToken } from './parse-token.js';
import { type PepperSet, readPeppers } from './read-peppers.js';
import { verifyToken } from './verify-token.js';

/** Each operation that costs time, in order, with the number of bytes that it works on. */
const work = vi.hoisted(() => [] as string[]);
vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>();
  return {
    ...real,
    hash: (...args: Parameters<typeof real.hash>) => {
      work.push(`hash ${String(args[1]).length}`);
      return real.hash(...args);
    },
    createHmac: (...args: Parameters<typeof real.createHmac>) => {
      work.push('hmac');
      return real.createHmac(...args);
    },
    timingSafeEqual: (left: Buffer, right: Buffer) => {
      work.push(`compare ${left.length}`);
      return real.timingSafeEqual(left, right);
    },
  };
});
const decode = vi.spyOn(Buffer, 'from');
const lookUp = vi.spyOn(WeakMap.prototype, 'get');
const keep = vi.spyOn(WeakMap.prototype, 'set');
afterAll(() => vi.restoreAllMocks());

const { randomBytes } = crypto;
const read = (text: string): PepperSet => {
  const peppers = readPeppers(text);
  if (!peppers.ok) throw new Error(peppers.error);
  return peppers.value;
};
const OLD = read('a'.repeat(64));
const BOTH = read(`2:${'b'.repeat(64)},1:${'a'.repeat(64)}`);
const generate = (publicId?: string) => {
  const { text } = generateToken({
    type: 'k',
    environment: 'live',
    randomBytes,
    ...(publicId === undefined ? {} : { publicId }),
  });
  const parsed = parseToken(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
};
const right = generate();
const wrong = generate(right.publicId);
const secret = (text: string, id: string): TokenSecret => ({
  id,
  digest: digestToken(OLD[0].key, text).toString('base64url'),
  pepperVersion: 1,
  state: 'active',
  expiresAt: null,
});
const known = (changes: Partial<TokenSnapshot> = {}): TokenSnapshot => ({
  id: 'tok_1',
  publicId: right.publicId,
  type: 'k',
  name: 'test',
  organisationId: 'org_1',
  teamId: null,
  status: 'active',
  expiresAt: null,
  secrets: [secret(right.text, 'sec_1')],
  policy: EMPTY_POLICY,
  revision: 1,
  ...changes,
});

beforeEach(() => void work.splice(0));
function workOf(snapshot: TokenSnapshot | null, peppers: PepperSet): readonly string[] {
  work.length = 0;
  for (const spy of [decode, lookUp, keep]) spy.mockClear();
  expect(verifyToken(wrong, snapshot, peppers, 1_000).ok).toBe(false);
  const decoded = decode.mock.calls.map(([text]) => String(text).length);
  return [...work, `decode ${decoded.join()}`, `look up ${lookUp.mock.calls.length}`, `keep ${keep.mock.calls.length}`];
}

test.each([
  ['one pepper', OLD],
  ['two peppers', BOTH],
])('a wrong secret costs the very operations of an unknown id, whatever is known of the token: %s', (_, peppers) => {
  const seen = known();
  verifyToken(right, seen, peppers, 1_000);
  const both = known({ secrets: [secret(right.text, 'sec_1'), secret('another', 'sec_2')] });
  verifyToken(right, both, peppers, 1_000);
  const unknown = workOf(null, peppers);
  expect(unknown.filter((step) => step === 'hmac')).toHaveLength(peppers.length);
  expect(unknown.filter((step) => step === 'compare 32')).toHaveLength(2 + 2 * peppers.length);
  const others: Record<string, TokenSnapshot> = {
    'never asked for before': known(),
    'its secret matched before': seen,
    'one of two secrets matched before': both,
    'without a secret': known({ secrets: [] }),
    revoked: known({ status: 'revoked', secrets: [] }),
    suspended: known({ status: 'suspended' }),
    expired: known({ expiresAt: 1 }),
    'of another pepper': known({ secrets: [{ ...secret(right.text, 'sec_1'), pepperVersion: 9 }] }),
    'of another id': known({ publicId: '000000000000' }),
  };
  for (const [name, snapshot] of Object.entries(others)) expect(workOf(snapshot, peppers), name).toEqual(unknown);
});

test('the dummies of an unknown id match nothing', () => {
  for (const version of [0, 1]) {
    const zeros = { ...secret('x', 'sec_1'), digest: Buffer.alloc(32).toString('base64url'), pepperVersion: version };
    expect(verifyToken(wrong, known({ secrets: [zeros] }), OLD, 1_000)).toEqual({ ok: false, error: 'wrong_secret' });
  }
});
