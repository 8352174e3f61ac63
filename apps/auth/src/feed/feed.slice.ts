import type { CreatedToken } from '@tollgate/contracts';
import { type FeedMessage, FeedMessageSchema, type FeedReadReply, SUBJECTS, type TokenResolveReply } from '@tollgate/contracts';
import { decodeJson } from '@tollgate/kernel';
import { systemClock } from '@tollgate/nest';
import { parseToken, readPeppers, verifyToken } from '@tollgate/policy';
import { waitFor } from '@tollgate/testing';
import { createInProcessTransport } from '@tollgate/transport';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appendFeed } from '../changes/append-feed.js';
import { ControlPool } from '../database/control-pool.js';
import { bootAuth, PEPPER, type RunningAuth, startAuth } from '../testing/start-auth.js';
import { trimFeed } from './trim-feed.js';

let auth: RunningAuth;
const heard: FeedMessage[] = [];
beforeAll(async () => {
  auth = await startAuth();
  auth.transport.subscribe(SUBJECTS.feed, (message) => void heard.push(FeedMessageSchema.parse(decodeJson(message.body))));
});
afterAll(() => auth.close());

const make = async (name: string): Promise<CreatedToken> =>
  (await auth.call<CreatedToken>('POST', '/api/v1/tokens', { name })).body;
const resolve = (publicId: string) => auth.ask<TokenResolveReply>(SUBJECTS.tokenResolve, { publicId });
const readAll = async (after: number) => {
  const reply = await auth.ask<FeedReadReply>(SUBJECTS.feedRead, { after });
  if (reply.status !== 'ok') throw new Error(reply.status);
  return reply;
};

test('found: the snapshot verifies the token that was made, and nothing else of it is secret', async () => {
  const { token, public_id, id } = await make('resolve me');
  const reply = await resolve(public_id);
  if (reply.status !== 'found') throw new Error(reply.status);
  const parsed = parseToken(token);
  const peppers = readPeppers(PEPPER);
  if (!parsed.ok || !peppers.ok) throw new Error('unusable');
  expect(verifyToken(parsed.value, reply.token, peppers.value, Date.now())).toMatchObject({ ok: true, value: { tokenId: id } });
  expect(reply.token).toMatchObject({ publicId: public_id, name: 'resolve me', status: 'active', revision: 1 });
  expect(JSON.stringify(reply)).not.toContain(token.slice(22));
});

test('unknown: an id that nobody has, with the number of the feed at that moment', async () => {
  const { sequence } = await readAll(0);
  expect(await resolve('000000000000')).toEqual({ status: 'unknown', sequence });
});

test('a revocation is in the next answer and on the bus', async () => {
  const { id, public_id } = await make('revoke me');
  await auth.call('DELETE', `/api/v1/tokens/${id}`);
  const event = await waitFor(() =>
    heard.flatMap(({ events }) => events).find((each) => each.publicId === public_id && each.kind === 'revoked'),
  );
  const reply = await resolve(public_id);
  expect(reply).toMatchObject({ status: 'found', token: { status: 'revoked', secrets: [] } });
  expect(reply.status === 'found' && reply.sequence).toBeGreaterThanOrEqual(event.sequence);
});

test('a suspension ends live streams like a revocation; restored, the token is active again', async () => {
  const { id, public_id } = await make('suspend me');
  const kinds = () =>
    heard
      .flatMap(({ events }) => events)
      .filter((each) => each.publicId === public_id)
      .map(({ kind }) => kind);
  await auth.call('PATCH', `/api/v1/tokens/${id}`, { status: 'suspended' });
  expect(await resolve(public_id)).toMatchObject({ token: { status: 'suspended', secrets: [{ state: 'active' }] } });
  await auth.call('PATCH', `/api/v1/tokens/${id}`, { status: 'active' });
  expect(await resolve(public_id)).toMatchObject({ token: { status: 'active', revision: 3 } });
  await waitFor(() => kinds().length >= 3);
  expect(kinds()).toEqual(['changed', 'revoked', 'changed']);
});

test('the feed is gapless and in the order of commits under concurrent changes and roll-backs', async () => {
  const { sequence: before } = await readAll(0);
  const seen: number[] = [];
  let watching = true;
  const watch = (async () => {
    while (watching) {
      const { events } = await readAll(before);
      // Once seen, a number never appears below one that was seen before.
      expect(events.map(({ sequence }) => sequence)).toEqual(Array.from(events, (_, index) => before + 1 + index));
      seen.push(events.length);
    }
  })();
  const change = (worker: number, fails: boolean) =>
    auth.dataSource
      .transaction(async (manager) => {
        await appendFeed(manager, [
          { publicId: `worker00000${worker}`, kind: 'changed' },
          { publicId: `worker00000${worker}`, kind: 'revoked' },
        ]);
        await manager.query('SELECT pg_sleep(0.002)');
        if (fails) throw new Error('rolled back on purpose');
      })
      .catch(() => undefined);
  await Promise.all(
    [0, 1, 2, 3].map(async (worker) => {
      for (let round = 0; round < 15; round += 1) await change(worker, round % 3 === 0);
    }),
  );
  watching = false;
  await watch;
  const { events } = await readAll(before);
  expect(events).toHaveLength(4 * 10 * 2);
  expect(seen.length).toBeGreaterThan(5);
});

test('a heartbeat comes every second and says the last number', async () => {
  const { sequence } = await readAll(0);
  const from = heard.length;
  const started = performance.now();
  await waitFor(() => heard.length >= from + 3, { timeoutMs: 5_000 });
  expect(performance.now() - started).toBeLessThan(3_600);
  expect(heard.at(-1)?.sequence).toBe(sequence);
});

test('the messages on the bus leave no gap either', () => {
  let last = heard[0]?.sequence ?? 0;
  for (const message of heard.slice(1)) {
    const fresh = message.events.filter((event) => event.sequence > last);
    expect(fresh.map((event) => event.sequence)).toEqual(Array.from(fresh, (_, index) => last + 1 + index));
    expect(message.sequence).toBe(last + fresh.length);
    last = message.sequence;
  }
  expect(last).toBeGreaterThan(80);
});

test('what another replica commits is on the bus of this one, too', async () => {
  const bus = createInProcessTransport({ clock: systemClock });
  const other = await bootAuth(auth.dataSource.options.type === 'postgres' ? (auth.dataSource.options.url ?? '') : '', {
    transport: bus,
  });
  try {
    const messages: FeedMessage[] = [];
    bus.subscribe(SUBJECTS.feed, (message) => void messages.push(decodeJson(message.body) as FeedMessage));
    const { public_id } = await make('made elsewhere');
    await waitFor(() => messages.some(({ events }) => events.some((event) => event.publicId === public_id)));
  } finally {
    await other.close();
  }
});

test('truncated: events that are gone, and numbers that lie in the future', async () => {
  const { sequence } = await readAll(0);
  expect(await auth.ask(SUBJECTS.feedRead, { after: sequence + 5 })).toEqual({ status: 'truncated', sequence });
  await auth.dataSource.query("UPDATE auth.feed_events SET created_at = now() - interval '8 days' WHERE sequence <= 3");
  await auth.handle.context.get(ControlPool).run(trimFeed);
  expect(await auth.ask(SUBJECTS.feedRead, { after: 2 })).toEqual({ status: 'truncated', sequence });
  expect((await readAll(3)).events[0]?.sequence).toBe(4);
});
