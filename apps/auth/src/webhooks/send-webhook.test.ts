import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readNetwork, verifyWebhook } from '@tollgate/policy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGuardedDispatcher } from './guarded-dispatcher.js';
import { sendWebhook } from './send-webhook.js';

const SECRET = 'tgw_live_a secret of this test alone';
const loopback = readNetwork('127.0.0.0/8');
const guarded = createGuardedDispatcher([]);
const allowed = createGuardedDispatcher(loopback.ok ? [loopback.network] : []);
const seen: { readonly url: string; readonly headers: IncomingMessage['headers']; readonly body: string }[] = [];
let answer: (response: ServerResponse) => void = (response) => response.writeHead(204).end();
const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (part: string) => {
    body += part;
  });
  request.once('end', () => {
    seen.push({ url: request.url ?? '', headers: request.headers, body });
    answer(response);
  });
});
let port = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  await guarded.close();
  await allowed.close();
  server.close();
});

const send = (url: string, dispatcher = guarded) =>
  sendWebhook(dispatcher, { url, secret: SECRET, id: 'rot_1', body: '{"a":1}', now: 1_700_000_000_000 });

test.each(['127.0.0.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]', 'localhost', '0.0.0.0'])(
  'nothing is sent to %s, whether it is an address or a name that leads there',
  async (host) => {
    const before = seen.length;
    expect(await send(`http://${host}:${port}/hook`)).toEqual({ kind: 'failed', problem: 'private_address' });
    expect(seen).toHaveLength(before);
  },
);

test('what an administrator has allowed is reached, with a signature that the receiver can verify', async () => {
  expect(await send(`http://127.0.0.1:${port}/hook`, allowed)).toEqual({ kind: 'acknowledged' });
  const { headers, body } = seen.at(-1) as (typeof seen)[number];
  const message = { id: String(headers['webhook-id']), timestamp: Number(headers['webhook-timestamp']), body };
  expect(verifyWebhook(SECRET, message, String(headers['webhook-signature']), 1_700_000_000)).toBe(true);
  expect(verifyWebhook(SECRET, { ...message, body: '{"a":2}' }, String(headers['webhook-signature']), 1_700_000_000)).toBe(false);
  expect(JSON.stringify(headers)).not.toContain(SECRET);
});

test('a redirect is a failure and is not followed', async () => {
  answer = (response) => response.writeHead(307, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
  expect(await send(`http://127.0.0.1:${port}/hook`, allowed)).toEqual({ kind: 'failed', problem: 'http_307' });
  expect(seen.map(({ url }) => url)).not.toContain('/elsewhere');
});

test('nothing that the receiver says is repeated', async () => {
  answer = (response) => response.writeHead(500, { 'x-echo': 'internal' }).end('internal details');
  expect(await send(`http://127.0.0.1:${port}/hook`, allowed)).toEqual({ kind: 'failed', problem: 'http_500' });
});
