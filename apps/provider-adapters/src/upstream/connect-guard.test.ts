import type { LookupAddress, lookup } from 'node:dns';
import { createServer, type Server } from 'node:net';
import { readNetwork } from '@tollgate/policy';
import { afterEach, expect, test } from 'vitest';
import { guardedConnector, guardedLookup } from './connect-guard.js';
import { UpstreamPools } from './pools.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const network = (text: string) => {
  const read = readNetwork(text);
  if (!read.ok) throw new Error(read.problem);
  return read.network;
};

/** Counts who comes. */
async function canary(host: string, port = 0): Promise<{ readonly port: number; readonly connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return { port: (server.address() as { port: number }).port, connections: () => connections };
}

/** A name server that says another thing each time; the last answer stays. */
const answering = (...answers: readonly (readonly string[])[]): typeof lookup => {
  let asked = 0;
  const resolve = (_host: string, _options: object, callback: (error: null, addresses: LookupAddress[]) => void): void => {
    const answer = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    queueMicrotask(() =>
      callback(
        null,
        answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
    );
  };
  return resolve as unknown as typeof lookup;
};

const connect = (url: string, settings: Partial<Parameters<typeof guardedConnector>[0]> = {}): Promise<unknown> => {
  const { hostname, port } = new URL(url);
  const connector = guardedConnector({ connectMsMax: 1_000, allowed: [], ...settings });
  return new Promise((resolve) =>
    connector({ hostname, protocol: 'http:', port }, (failure, socket) => {
      socket?.destroy();
      resolve(failure ?? 'connected');
    }),
  );
};

test('a name that leads to this machine is refused after the look-up', async () => {
  for (const all of [true, false]) {
    const error = await new Promise((resolve) =>
      guardedLookup({ allowed: [] })('localhost', { all }, (failure) => resolve(failure)),
    );
    expect(error).toMatchObject({ code: 'TOLLGATE_PRIVATE_ADDRESS' });
  }
});

test.each([
  '127.0.0.1',
  '2130706433',
  '0x7f.1',
  '0x7f000001',
  '0177.0.0.1',
  '127.1',
  '127.0.0.1.',
  '%31%32%37.0.0.1',
  '①②⑦.0.0.1',
  '127。0。0。1',
  '0',
  '[::]',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  'user:secret@127.0.0.1',
  'api.openai.com@127.0.0.1',
  'localhost',
  'LOCALHOST',
])('http://%s reaches nobody on this machine', async (host) => {
  const { port, connections } = await canary('127.0.0.1');
  expect(await connect(`http://${host}:${port}`)).toMatchObject({ code: 'TOLLGATE_PRIVATE_ADDRESS' });
  expect(connections()).toBe(0);
});

test('a name with a dot at its end is looked up like any other', async () => {
  const { port, connections } = await canary('127.0.0.1');
  expect(await connect(`http://localhost.:${port}`)).toBeInstanceOf(Error);
  expect(connections()).toBe(0);
});

test('one private address among public ones refuses the name, whichever would have been taken', async () => {
  const { port, connections } = await canary('127.0.0.1');
  const resolve = answering(['8.8.8.8', '127.0.0.1']);
  expect(await connect(`http://mixed.test:${port}`, { resolve })).toMatchObject({ code: 'TOLLGATE_PRIVATE_ADDRESS' });
  expect(connections()).toBe(0);
});

test('the socket goes to the address that was judged, though the name leads elsewhere a moment later', async () => {
  const judged = await canary('127.0.0.2');
  const rebound = await canary('127.0.0.1', judged.port);
  const resolve = answering(['127.0.0.2'], ['127.0.0.1']);
  expect(await connect(`http://rebind.test:${judged.port}`, { resolve, allowed: [network('127.0.0.2')] })).toBe('connected');
  await expect.poll(() => judged.connections()).toBe(1);
  // The next connect asks anew, and the new answer is judged anew.
  const again = await connect(`http://rebind.test:${judged.port}`, { resolve, allowed: [network('127.0.0.2')] });
  expect(again).toMatchObject({ code: 'TOLLGATE_PRIVATE_ADDRESS' });
  expect(rebound.connections()).toBe(0);
});

test('a name without an address is an error and no crash', async () => {
  expect(await connect('http://empty.test:1', { resolve: answering([]) })).toBeInstanceOf(Error);
});

test('a provider that may leave the public internet reaches what the operator has named, and nothing beside it', async () => {
  const near = await canary('127.0.0.1');
  const pools = new UpstreamPools({
    connectionsMax: 1,
    connectMsMax: 1_000,
    keepAliveMs: 1_000,
    privateNetworks: [network('127.0.0.1')],
  });
  const reach = (url: string, allowPrivate: boolean): Promise<unknown> =>
    pools
      .of(new URL(url).origin, allowPrivate)
      .request({ path: '/', method: 'GET' })
      .then(() => 'answered')
      .catch((error: { readonly code?: string }) => error.code);
  try {
    expect(await reach(`http://127.0.0.1:${near.port}`, false)).toBe('TOLLGATE_PRIVATE_ADDRESS');
    expect(await reach('http://127.0.0.2:1', true)).toBe('TOLLGATE_PRIVATE_ADDRESS');
    expect(await reach('http://169.254.169.254', true)).toBe('TOLLGATE_PRIVATE_ADDRESS');
    expect(near.connections()).toBe(0);
    expect(await reach(`http://127.0.0.1:${near.port}`, true)).toBe('UND_ERR_SOCKET');
    expect(near.connections()).toBe(1);
  } finally {
    await pools.close();
  }
});
