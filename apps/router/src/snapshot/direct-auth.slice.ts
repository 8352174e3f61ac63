import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeUtf8 } from '@tollgate/kernel';
import { DIRECT_RESOLVE_PATH, ROUTER_SIGNATURE_HEADER, verifyRouterRequest } from '@tollgate/policy';
import { createTestClock, waitFor } from '@tollgate/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chat, event, head, RouterHarness } from '../testing/harness.js';

const clock = createTestClock();
let harness: RouterHarness;
let auth: Server;
let asked = 0;
let token: { text: string; publicId: string };

/** Auth's own HTTP door, as the contract says; the bus can be cut off beside it. */
beforeEach(async () => {
  asked = 0;
  auth = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += String(chunk);
    });
    request.on('end', () => {
      asked += 1;
      const { publicId } = JSON.parse(text) as { publicId: string };
      const { peppers } = harness.router.gate.config;
      const signed = verifyRouterRequest(peppers, publicId, clock.now(), request.headers[ROUTER_SIGNATURE_HEADER]);
      const known = harness.tokens.get(publicId);
      const reply = known === undefined ? { status: 'unknown', sequence: 0 } : { status: 'found', token: known, sequence: 0 };
      const found = request.url === DIRECT_RESOLVE_PATH && signed;
      response.writeHead(found ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify(found ? reply : {}));
    });
  });
  await new Promise<void>((resolve) => auth.listen(0, '127.0.0.1', resolve));
  const authUrl = `http://127.0.0.1:${(auth.address() as AddressInfo).port}`;
  harness = await new RouterHarness(clock).start({ authUrl });
  token = harness.addToken();
  await waitFor(() => harness.router.gate.routes.index);
});
afterEach(async () => {
  await harness.stop();
  auth.closeAllConnections();
  await new Promise((resolve) => auth.close(resolve));
});

const call = async (): Promise<number> => {
  const response = await harness.post(token.text);
  await response.text();
  return response.status;
};
const revoke = (): void => {
  const known = harness.tokens.get(token.publicId);
  if (known !== undefined) harness.tokens.set(token.publicId, { ...known, status: 'revoked', secrets: [] });
};
const cutBus = (): void => {
  harness.stopBeating();
  harness.authMode = 'silent';
};

test('while the bus brings the heartbeat auth is not asked directly', async () => {
  expect(await call()).toBe(200);
  expect([asked, harness.resolves]).toEqual([0, 1]);
});

test('revoked with the bus cut off: refused within 5 s', async () => {
  expect(await call()).toBe(200);
  cutBus();
  revoke();
  let passedMs = 0;
  // A call a second, as a client that goes on would make.
  while ((await call()) === 200) {
    clock.advance(1_000);
    passedMs += 1_000;
    expect(passedMs).toBeLessThanOrEqual(5_000);
  }
  expect(await call()).toBe(401);
});

test('with the bus cut off a good token is checked every 2 s and its calls are not flagged; an unknown one is 401, not 503', async () => {
  expect(await call()).toBe(200);
  cutBus();
  clock.advance(10_000);
  const response = await harness.post(token.text);
  const id = response.headers.get('x-tollgate-request-id');
  expect(response.status).toBe(200);
  const record = await waitFor(() => harness.records.find((each) => each.id === id));
  expect([record.unverified, asked]).toEqual([false, 1]);
  harness.tokens.delete(token.publicId);
  clock.advance(2_100);
  expect(await call()).toBe(401);
});

test('the stream of a token that is revoked with the bus cut off ends, though nobody calls with it again', async () => {
  harness.adapt = (stream) => {
    stream.sendHead(head('text/event-stream'));
    stream.send(encodeUtf8(event('a')));
  };
  const response = await harness.post(token.text, chat({ stream: true }));
  cutBus();
  revoke();
  clock.advance(5_000);
  expect(await response.text()).toContain('"code":"invalid_api_key"');
});

test('both ways cut off: a known token is served for the grace and flagged', async () => {
  expect(await call()).toBe(200);
  cutBus();
  auth.closeAllConnections();
  await new Promise((resolve) => auth.close(resolve));
  clock.advance(10_000);
  const response = await harness.post(token.text);
  const id = response.headers.get('x-tollgate-request-id');
  expect(response.status).toBe(200);
  expect((await waitFor(() => harness.records.find((each) => each.id === id))).unverified).toBe(true);
});
