import { SUBJECTS } from '@tollgate/contracts';
import { encodeJson } from '@tollgate/kernel';
import { createTestClock, waitFor } from '@tollgate/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RouterHarness } from '../testing/harness.js';
import type { TokenEntry, TokenOutcome } from './token-store.js';

const clock = createTestClock();
let harness: RouterHarness;
let publicId: string;
beforeEach(async () => {
  harness = await new RouterHarness(clock).start();
  harness.stopBeating();
  ({ publicId } = harness.addToken());
});
afterEach(() => harness.stop());

const ask = (id = publicId): Promise<{ entry: TokenEntry | null; outcome: TokenOutcome }> => {
  const store = harness.router.gate.tokens;
  const cached = store.find(id);
  if (cached !== null) return Promise.resolve({ entry: cached, outcome: 'fresh' });
  return new Promise((resolve) =>
    store.resolve(id, { address: '10.0.0.1', onToken: (entry, outcome) => resolve({ entry, outcome }) }),
  );
};
/** The clock moves on while the heartbeat goes on. */
const live = (ms: number): void => {
  for (let passed = 0; passed < ms; passed += 1_000) {
    clock.advance(1_000);
    harness.beat();
  }
};
const told = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 5));

test('one question per token while the feed is fresh, however long', async () => {
  await ask();
  for (let hour = 0; hour < 5; hour += 1) {
    live(60_000);
    await told();
    expect((await ask()).entry?.token?.publicId).toBe(publicId);
  }
  expect(harness.resolves).toBe(1);
});

test('many who ask at once share one question', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask()));
  expect(answers.every(({ outcome }) => outcome === 'fresh')).toBe(true);
  expect(harness.resolves).toBe(1);
});

test('a change is known at once', async () => {
  await ask();
  harness.tokens.delete(publicId);
  harness.change(publicId, 'changed');
  await told();
  expect((await ask()).entry?.token).toBeNull();
});

test('a silent feed: auth is asked again', async () => {
  await ask();
  clock.advance(3_500);
  await ask();
  expect(harness.resolves).toBe(2);
});

test('a gap in the feed: what was missed drops the cache', async () => {
  await ask();
  live(3_000);
  await told();
  // Two changes went by unheard; the next heartbeat tells of them.
  harness.tokens.delete(publicId);
  harness.sequence += 2;
  harness.beat();
  await told();
  expect((await ask()).entry?.token).toBeNull();
});

test('auth cannot tell: a known token is served for the grace and flagged, an unknown one is not', async () => {
  await ask();
  clock.advance(10_000);
  harness.authMode = 'stale';
  expect((await ask()).outcome).toBe('grace');
  clock.advance(899_000);
  expect((await ask()).outcome).toBe('unverifiable');
  expect((await ask('unknownToken')).outcome).toBe('unverifiable');
});

test('no grace for a strict token nor for a management token', async () => {
  const strict = harness.addToken({ strict: true });
  const management = harness.addToken({}, { type: 'a' });
  for (const one of [strict, management]) await ask(one.publicId);
  clock.advance(10_000);
  harness.authMode = 'stale';
  for (const one of [strict, management]) expect((await ask(one.publicId)).outcome).toBe('unverifiable');
});

test('a slow auth holds a known token up for less than 50 ms, once', async () => {
  await ask();
  clock.advance(10_000);
  harness.authMode = 'silent';
  const start = performance.now();
  expect((await ask()).outcome).toBe('grace');
  expect(performance.now() - start).toBeLessThan(80);
  const again = performance.now();
  expect((await ask()).outcome).toBe('grace');
  expect(performance.now() - again).toBeLessThan(10);
});

test('a token revoked in an outage is known as revoked, whatever auth cannot tell and however long', async () => {
  const management = harness.addToken({}, { type: 'a' });
  for (const id of [publicId, management.publicId]) {
    harness.authMode = 'up';
    await ask(id);
    harness.authMode = 'stale';
    harness.change(id, 'revoked');
    await told();
    for (const ms of [0, 10_000, 1_000_000]) {
      clock.advance(ms);
      expect((await ask(id)).entry?.token).toMatchObject({ status: 'revoked', secrets: [] });
    }
  }
});

test('a token changed in an outage is served as it was for the grace and flagged; auth back, as it is', async () => {
  await ask();
  harness.authMode = 'stale';
  harness.change(publicId, 'changed');
  await told();
  expect(await ask()).toMatchObject({ outcome: 'grace', entry: { superseded: true } });
  const token = harness.tokens.get(publicId);
  if (token !== undefined) harness.tokens.set(publicId, { ...token, name: 'changed' });
  harness.authMode = 'up';
  clock.advance(1_100);
  expect(await ask()).toMatchObject({ outcome: 'fresh', entry: { token: { name: 'changed' }, superseded: false } });
  harness.authMode = 'stale';
  harness.change(publicId, 'changed');
  await told();
  clock.advance(901_000);
  expect((await ask()).outcome).toBe('unverifiable');
});

test('restored in the same outage: neither good nor refused, for only auth knows', async () => {
  await ask();
  harness.authMode = 'stale';
  harness.change(publicId, 'revoked');
  harness.change(publicId, 'changed');
  await told();
  expect((await ask()).outcome).toBe('unverifiable');
});

test('an event that comes again after a later answer undoes nothing', async () => {
  harness.change(publicId, 'revoked');
  harness.change(publicId, 'changed');
  await told();
  await ask();
  harness.beat([{ sequence: 1, publicId, kind: 'revoked' }]);
  await told();
  harness.authMode = 'stale';
  expect(await ask()).toMatchObject({ outcome: 'fresh', entry: { token: { status: 'active' } } });
});

test('unknown tokens are asked about once, and an address that tries many is slowed down', async () => {
  await ask('aaaaaaaaaaaa');
  await ask('aaaaaaaaaaaa');
  expect(harness.resolves).toBe(1);
  const outcomes: TokenOutcome[] = [];
  for (let index = 0; index < 60; index += 1) outcomes.push((await ask(`unknown${10_000 + index}`)).outcome);
  expect(outcomes.filter((outcome) => outcome === 'throttled').length).toBe(11);
  // A token that is not in the cache waits with them; time heals.
  expect((await ask()).outcome).toBe('throttled');
  clock.advance(1_000);
  expect((await ask()).outcome).toBe('fresh');
});

test('after an outage of the feed without changes the cache counts again', async () => {
  await ask();
  clock.advance(60_000);
  expect(harness.router.gate.tokens.feed.fresh).toBe(false);
  harness.beat();
  await waitFor(() => harness.router.gate.tokens.feed.fresh);
  await ask();
  expect(harness.resolves).toBe(1);
});

test('a change of a team or an organisation: its keys are asked about again, and no others', async () => {
  const others = [
    harness.addToken({}, { teamId: 'team_1' }),
    harness.addToken({}, { teamId: 'team_2' }),
    harness.addToken({}, { organisationId: 'org_2' }),
  ];
  const ids = [publicId, ...others.map((other) => other.publicId)];
  const asked = async (): Promise<number[]> => {
    const counts: number[] = [];
    for (const id of ids) {
      const before = harness.resolves;
      await ask(id);
      counts.push(harness.resolves - before);
    }
    return counts;
  };
  await asked();
  const tell = async (fields: { organisationId: string; teamId?: string }): Promise<void> => {
    harness.sequence += 1;
    harness.beat([{ sequence: harness.sequence, publicId: '', kind: 'scope_changed', ...fields }]);
    await told();
  };
  await tell({ organisationId: 'org_1', teamId: 'team_1' });
  expect(await asked()).toEqual([0, 1, 0, 0]);
  await tell({ organisationId: 'org_1' });
  expect(await asked()).toEqual([1, 1, 1, 0]);
});

test('a kind of event that a newer auth writes: nothing that was cached is relied on', async () => {
  await ask();
  harness.tokens.delete(publicId);
  clock.advance(2_500);
  harness.sequence += 1;
  const fromLater = {
    v: 1,
    sequence: harness.sequence,
    events: [{ sequence: harness.sequence, publicId: '', kind: 'planets_aligned' }],
  };
  harness.transport.publish(SUBJECTS.feed, encodeJson(fromLater));
  await told();
  expect(harness.router.gate.tokens.feed.fresh).toBe(true);
  expect((await ask()).entry?.token).toBeNull();
});
