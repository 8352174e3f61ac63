import { randomBytes } from 'node:crypto';
import { generateToken } from '@tollgate/policy';
import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RouterHarness } from '../testing/harness.js';

const harness = new RouterHarness();
beforeAll(async () => {
  await harness.start();
  await waitFor(() => harness.router.gate.routes.index);
});
afterAll(() => harness.stop());

/** A good checksum and a secret that nobody has. */
const forged = (publicId?: string): string =>
  generateToken({ type: 'k', environment: 'live', randomBytes, ...(publicId === undefined ? {} : { publicId }) }).text;

test('401: one body for every reason, and none before its time', async () => {
  const known = harness.addToken();
  expect((await harness.post(known.text)).status).toBe(200);
  const [revoked, suspended, expired] = [
    harness.addToken({}, { status: 'revoked', secrets: [] }),
    harness.addToken({}, { status: 'suspended' }),
    harness.addToken({}, { expiresAt: 1 }),
  ];
  const unknown = forged();
  const bodies = new Set<string>();
  for (const text of [unknown, unknown, forged(known.publicId), revoked.text, suspended.text, expired.text]) {
    const started = performance.now();
    const response = await harness.post(text);
    // A timer may fire a millisecond early.
    expect(performance.now() - started).toBeGreaterThanOrEqual(49);
    expect(response.status).toBe(401);
    bodies.add(await response.text());
  }
  for (const text of ['x', known.text.slice(0, -1), `${known.text}0`, known.text.toLowerCase(), null]) {
    bodies.add(await (await harness.post(text)).text());
  }
  expect(bodies.size).toBe(1);
});
