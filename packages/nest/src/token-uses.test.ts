import { EMPTY_POLICY, SUBJECTS, type TokenSnapshot, type TokenUse } from '@tollgate/contracts';
import { decodeJson, encodeJson } from '@tollgate/kernel';
import { type PepperSet, readPeppers, type VerifiedToken } from '@tollgate/policy';
import { createTestClock } from '@tollgate/testing';
import { createInProcessTransport } from '@tollgate/transport';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TokenUses } from './token-uses.js';

const clock = createTestClock();
const peppers = (readPeppers('ab'.repeat(32)) as { value: PepperSet }).value;
const caller = { address: '192.0.2.1', userAgent: 'app/1.0' };
let told: TokenUse[];
let uses: TokenUses;

beforeEach(() => {
  told = [];
  const transport = createInProcessTransport({ clock });
  transport.respond(SUBJECTS.tokenUsed, 'auth', async ({ body }) => {
    told.push(...(decodeJson(body) as { uses: TokenUse[] }).uses);
    return encodeJson({ status: 'ok' });
  });
  uses = new TokenUses({ transport, clock, peppers });
});
afterEach(() => uses.close());

const use = (secretId: string): void => {
  const token: TokenSnapshot = {
    id: 'tok_1',
    publicId: 'public',
    type: 'k',
    name: 'name',
    organisationId: 'org_1',
    teamId: null,
    ownerId: null,
    status: 'active',
    expiresAt: null,
    secrets: [],
    policy: EMPTY_POLICY,
    revision: 1,
  };
  uses.note(
    { token, tokenId: token.id, organisationId: token.organisationId, secretId, pepperVersion: 1 } satisfies VerifiedToken,
    'text',
    caller,
    clock.now(),
  );
};
const minutes = async (count: number): Promise<void> => {
  for (let minute = 0; minute < count; minute += 1) {
    clock.advance(60_000);
    await uses.flush();
  }
};

test('secrets that are used no more are forgotten within two minutes, and all were told of', async () => {
  for (let index = 0; index < 2_500; index += 1) use(`sec_${index}`);
  expect(uses.size).toBe(2_500);
  await minutes(2);
  expect(uses.size).toBe(0);
  expect(new Set(told.map(({ secretId }) => secretId)).size).toBe(2_500);
});

test('one that goes on being used stays, is told of once a minute, and no use is lost', async () => {
  for (let minute = 0; minute < 5; minute += 1) {
    for (let call = 0; call < 3; call += 1) use('sec_busy');
    await minutes(1);
    expect(uses.size).toBe(1);
  }
  expect(told.map(({ secretId, count }) => [secretId, count])).toEqual(Array.from({ length: 5 }, () => ['sec_busy', 3]));
});
