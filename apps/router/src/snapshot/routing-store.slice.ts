import { waitFor } from '@tollgate/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RouterHarness } from '../testing/harness.js';

let harness: RouterHarness;
let token: string;
beforeEach(async () => {
  harness = await new RouterHarness().start();
  token = harness.addToken().text;
  await waitFor(() => harness.router.gate.routes.index);
});
afterEach(() => harness.stop());

const revision = (): number | undefined => harness.router.gate.routes.index?.revision;
const serve = async (model: string): Promise<number> => {
  const response = await harness.post(token, JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }));
  await response.text();
  return response.status;
};
const delta = (from: number, to: number, fields: object = {}): object => ({
  v: 1,
  epoch: 'e',
  from,
  to,
  routing: { deployments: [], routes: [], removedDeployments: [], removedRoutes: ['route_retry'] },
  ...fields,
});

test('a change without a gap is applied without a question', async () => {
  harness.changeCatalog(delta(1, 2));
  await waitFor(() => revision() === 2);
  expect([harness.snapshots, await serve('retry'), await serve('gpt-test')]).toEqual([1, 404, 200]);
});

test('a late change, or another replica`s, is ignored', async () => {
  harness.changeCatalog(delta(0, 1));
  harness.changeCatalog(delta(1, 2, { routing: { deployments: [], routes: [], removedDeployments: [], removedRoutes: [] } }));
  await waitFor(() => revision() === 2);
  expect([harness.snapshots, await serve('retry')]).toEqual([1, 200]);
});

test.each([
  ['a gap', delta(5, 6)],
  ['another epoch', delta(1, 2, { epoch: 'other' })],
  ['a version that is not known', delta(1, 2, { v: 2 })],
  ['a change too large to send', delta(1, 2, { routing: null })],
])('%s: the whole is fetched again', async (_, change) => {
  const routing = harness.routing();
  harness.snapshot = () => ({ ...routing, revision: 7, routes: routing.routes.filter(({ model }) => model !== 'retry') });
  harness.changeCatalog(change);
  await waitFor(() => revision() === 7);
  expect([harness.snapshots, await serve('retry'), await serve('gpt-test')]).toEqual([2, 404, 200]);
});

test.each([
  ['of a version that is not known', () => ({ ...harness.routing(), v: 2, revision: 9 })],
  ['that is no snapshot', () => ({ hello: 'world' })],
  ['that does not come', () => expect.unreachable()],
])('a snapshot %s: the old one serves on, and it is asked for again until it can be read', async (_, snapshot) => {
  harness.snapshot = snapshot;
  harness.changeCatalog(delta(5, 6));
  await waitFor(() => harness.snapshots >= 3);
  expect([revision(), await serve('retry'), await serve('gpt-test')]).toEqual([1, 200, 200]);
  harness.snapshot = () => ({ ...harness.routing(), revision: 8 });
  await waitFor(() => revision() === 8);
});

test('bytes on the subject that are no message lead to a question, not to a fall', async () => {
  harness.snapshot = () => ({ ...harness.routing(), revision: 3 });
  harness.changeCatalog('nonsense');
  await waitFor(() => revision() === 3);
  expect(await serve('gpt-test')).toBe(200);
});

/** As of a catalogue that reads the snapshot, tells a change that is newer, and only then has sent what it read. */
const tellMeanwhile = (change: object, read: object): void => {
  harness.snapshot = async () => {
    harness.changeCatalog(change);
    await new Promise((resolve) => setImmediate(resolve));
    harness.snapshot = () => ({ ...harness.routing(), revision: 8 });
    return read;
  };
  harness.changeCatalog(delta(5, 6));
};

test('a change that is told while the snapshot is on its way is known at once, not by the next heartbeat', async () => {
  tellMeanwhile(delta(7, 8), { ...harness.routing(), revision: 7 });
  await waitFor(() => revision() === 8);
  expect(harness.snapshots).toBe(3);
});

test('a snapshot that is older than what the changes have led to is not kept', async () => {
  tellMeanwhile(delta(1, 9), { ...harness.routing(), revision: 6 });
  await waitFor(() => revision() === 9 && harness.snapshots === 2);
  expect([await serve('gpt-test'), revision()]).toEqual([200, 9]);
});

test('a router is not ready before it knows the change that it heard of during its first fetch', async () => {
  await harness.stop();
  harness = new RouterHarness();
  let send = (): void => undefined;
  const first = harness.routing();
  harness.snapshot = () => {
    harness.snapshot = () =>
      new Promise((resolve) => {
        send = () => resolve({ ...first, revision: 8 });
      });
    harness.changeCatalog(delta(7, 8));
    return new Promise((resolve) => setImmediate(() => resolve({ ...first, revision: 7 })));
  };
  await harness.start();
  await waitFor(() => revision() === 7 && harness.snapshots === 2);
  expect(harness.router.gate.routes.settled).toBe(false);
  send();
  await waitFor(() => harness.router.gate.routes.settled);
  expect(revision()).toBe(8);
});
