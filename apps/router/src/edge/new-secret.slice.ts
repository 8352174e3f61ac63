import { randomBytes } from 'node:crypto';
import type { TokenSnapshot } from '@tollgate/contracts';
import { digestToken, generateToken } from '@tollgate/policy';
import { createTestClock, waitFor } from '@tollgate/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RouterHarness } from '../testing/harness.js';

let harness: RouterHarness;
beforeEach(async () => {
  harness = await new RouterHarness().start();
  await waitFor(() => harness.router.gate.routes.index);
});
afterEach(() => harness.stop());

/** As auth commits a rotation; no router has heard of it yet. */
function rotate(publicId: string, overlapMs = 60_000): string {
  const token = harness.tokens.get(publicId) as TokenSnapshot;
  const [pepper] = harness.router.gate.config.peppers;
  const { text } = generateToken({ type: 'k', environment: 'live', publicId, randomBytes });
  const digest = digestToken(pepper.key, text).toString('base64url');
  const fresh = { id: `sec_${token.secrets.length + 1}`, digest, pepperVersion: 1, state: 'active', expiresAt: null } as const;
  const old = {
    ...(token.secrets.at(-1) as TokenSnapshot['secrets'][number]),
    state: 'grace',
    expiresAt: Date.now() + overlapMs,
  };
  harness.tokens.set(publicId, { ...token, secrets: [old as TokenSnapshot['secrets'][number], fresh], revision: 2 });
  return text;
}
const status = async (text: string): Promise<number> => (await harness.post(text)).status;

test('200: a new secret works at once, before its change has been heard of', async () => {
  const { text, publicId } = harness.addToken();
  expect(await status(text)).toBe(200);
  const next = rotate(publicId);
  expect(await status(next)).toBe(200);
  expect([await status(text), await status(next)]).toEqual([200, 200]);
  expect(harness.resolves).toBe(2);
});

test('200: so do many calls at once, with one question more', async () => {
  const { text, publicId } = harness.addToken();
  await status(text);
  const next = rotate(publicId);
  expect(new Set(await Promise.all(Array.from({ length: 200 }, () => status(next))))).toEqual(new Set([200]));
  expect(harness.resolves).toBeLessThanOrEqual(4);
});

test('200: a token that was not there a moment ago works at once', async () => {
  const made = harness.addToken();
  const snapshot = harness.tokens.get(made.publicId) as TokenSnapshot;
  harness.tokens.delete(made.publicId);
  expect(await status(made.text)).toBe(401);
  harness.tokens.set(made.publicId, snapshot);
  expect(await status(made.text)).toBe(200);
});

test('401: a wrong secret stays wrong, and costs auth a bounded number of questions', async () => {
  const clock = createTestClock();
  const still = await new RouterHarness(clock).start();
  try {
    await waitFor(() => still.router.gate.routes.index);
    const { text, publicId } = still.addToken();
    await still.post(text);
    const wrong = generateToken({ type: 'k', environment: 'live', publicId, randomBytes }).text;
    for (let i = 0; i < 100; i += 1) {
      clock.advance(1);
      expect((await still.post(wrong)).status).toBe(401);
    }
    // The first one, fifty at once, and ten for each second: a tenth of one has passed.
    expect(still.resolves).toBeGreaterThanOrEqual(51);
    expect(still.resolves).toBeLessThanOrEqual(52);
    expect((await still.post(text)).status).toBe(200);
  } finally {
    await still.stop();
  }
});

test('503: while auth cannot tell, a secret that the copy does not know is neither let in nor called invalid', async () => {
  const { text, publicId } = harness.addToken();
  await status(text);
  const next = rotate(publicId);
  harness.authMode = 'stale';
  expect(await status(next)).toBe(503);
  expect(await status(text)).toBe(200);
  harness.authMode = 'up';
  expect(await status(next)).toBe(200);
});

test('401: the old secret ends at its deadline, with nothing said', async () => {
  const { text, publicId } = harness.addToken();
  await status(text);
  const next = rotate(publicId, 300);
  expect([await status(next), await status(text)]).toEqual([200, 200]);
  const { resolves } = harness;
  const until = (harness.tokens.get(publicId)?.secrets[0]?.expiresAt ?? 0) + 1;
  await waitFor(() => Date.now() >= until, { intervalMs: 5 });
  expect([await status(next), await status(text)]).toEqual([200, 401]);
  expect(harness.resolves).toBe(resolves);
});

test('503: a secret that was ended is not let in by the copy, while auth cannot be asked', async () => {
  const { text, publicId } = harness.addToken();
  await status(text);
  const next = rotate(publicId);
  expect(await status(next)).toBe(200);
  harness.authMode = 'silent';
  harness.change(publicId, 'changed', { secretId: 'sec_1' });
  expect([await status(next), await status(text)]).toEqual([200, 503]);
});
