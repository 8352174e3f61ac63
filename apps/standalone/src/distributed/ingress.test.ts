import { createServer, request as httpRequest, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Service } from '@tollgate/contracts';
import { createReadiness, FrontServer } from '@tollgate/nest';
import { createLogger } from '@tollgate/telemetry';
import { afterEach, expect, test } from 'vitest';
import { createIngress } from './ingress.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function upstream(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

async function ingress(places: Partial<Record<Service, readonly URL[]>>, proxiesTrusted = false): Promise<string> {
  const front = new FrontServer({
    health: { readiness: createReadiness(), version: {} },
    logger: createLogger({ service: 'test', level: 'silent' }),
    newRequestId: () => 'req_test',
    trustedProxies: proxiesTrusted ? (address) => address === '127.0.0.1' : null,
  });
  const { port } = await front.listen(0, '127.0.0.1');
  front.openDoors(
    createIngress(
      (service) => places[service] ?? [],
      () => 'req_test',
    ),
  );
  closers.push(() => front.drain(0));
  return `http://127.0.0.1:${port}`;
}

/** A port where nobody listens. */
async function nobody(): Promise<URL> {
  const url = await upstream(() => undefined);
  await closers.pop()?.();
  return url;
}

const named =
  (name: string): RequestListener =>
  (request, response) => {
    request.resume();
    response.end(name);
  };

test('each path goes to the service that the table names, routers in turn', async () => {
  const url = await ingress({
    router: [await upstream(named('router-1')), await upstream(named('router-2'))],
    auth: [await upstream(named('auth'))],
    analytics: [await upstream(named('analytics'))],
  });
  const text = async (path: string): Promise<string> => (await fetch(url + path)).text();
  expect(await text('/api/v1/tokens/tok_1?x=1')).toBe('auth');
  expect(await text('/api/v1/usage/records')).toBe('analytics');
  const routers = [await text('/v1/models'), await text('/v1/models'), await text('/v1/models'), await text('/v1/models')];
  expect(routers.filter((name) => name === 'router-1')).toHaveLength(2);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
});

test('headers, status, repeated headers and a large body pass both ways unchanged', async () => {
  const seen: { headers: NodeJS.Dict<string | string[]>; bytes: number }[] = [];
  const router = await upstream((request, response) => {
    const entry = { headers: request.headers, bytes: 0 };
    seen.push(entry);
    request.on('data', (chunk: Buffer) => {
      entry.bytes += chunk.length;
    });
    request.on('end', () => {
      response.writeHead(
        418,
        [
          ['x-request-id', 'abc'],
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ].flat(),
      );
      response.end('teapot');
    });
  });
  const url = await ingress({ router: [router] });
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    body: new Uint8Array(8_000_000),
    headers: { authorization: 'Bearer x', 'x-tollgate-metadata': '{}' },
  });
  expect(response.status).toBe(418);
  expect(response.headers.get('x-request-id')).toBe('abc');
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(await response.text()).toBe('teapot');
  expect(seen[0]?.bytes).toBe(8_000_000);
  expect(seen[0]?.headers).toMatchObject({
    authorization: 'Bearer x',
    'x-tollgate-metadata': '{}',
    'x-forwarded-for': '127.0.0.1',
  });
});

test('who calls, and how, is the word of the ingress, and of a proxy in front of it only where that is trusted', async () => {
  const seen: unknown[] = [];
  const router = await upstream(({ headers }, response) => {
    seen.push([headers['x-forwarded-for'], headers['x-forwarded-proto'], headers['forwarded']]);
    response.end();
  });
  const headers = { 'x-forwarded-for': '198.51.100.1', 'x-forwarded-proto': 'https', forwarded: 'for=198.51.100.1' };
  await fetch(`${await ingress({ router: [router] })}/v1/models`, { headers });
  await fetch(`${await ingress({ router: [router] }, true)}/v1/models`, { headers });
  expect(seen).toEqual([
    ['127.0.0.1', 'http', undefined],
    ['198.51.100.1', 'https', undefined],
  ]);
});

test('a chunked body of a method that has none as a rule is framed, not smuggled', async () => {
  const bodies: string[] = [];
  const auth = await upstream((request, response) => {
    let body = `${request.method} `;
    request.on('data', (chunk: Buffer) => {
      body += chunk;
    });
    request.on('end', () => {
      bodies.push(body);
      response.end('ok');
    });
  });
  const url = new URL(await ingress({ auth: [auth] }));
  const smuggled = 'GET /api/v1/tokens HTTP/1.1\r\nhost: x\r\n\r\n';
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(url.port), url.hostname);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk;
      if (text.includes('ok')) socket.end();
    });
    socket.on('close', () => resolve(text));
    socket.write(
      `DELETE /api/v1/tokens/x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
    );
  });
  expect(answer).toContain('200 OK');
  expect(bodies).toEqual([`DELETE ${smuggled}`]);
});

test('a router that is not there is passed over; none at all is a clear 503', async () => {
  const url = await ingress({ router: [await nobody(), await upstream(named('second'))] });
  for (let i = 0; i < 4; i += 1) {
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body: 'x'.repeat(100_000) });
    expect(await response.text()).toBe('second');
  }
  const empty = await ingress({ router: [await nobody()] });
  const response = await fetch(`${empty}/v1/models`);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ error: { code: 'gateway_unavailable' } });
});

test('the first byte comes through as soon as it is there', async () => {
  let finish: () => void = () => undefined;
  const router = await upstream((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
    finish = () => response.end('data: 2\n\n');
  });
  const url = await ingress({ router: [router] });
  const response = await fetch(`${url}/v1/chat/completions`);
  const reader = response.body?.getReader();
  const first = await reader?.read();
  expect(Buffer.from(first?.value ?? []).toString()).toBe('data: 1\n\n');
  finish();
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: 2\n\n');
});

test('a caller that leaves ends the call at the router', async () => {
  const left = Promise.withResolvers<void>();
  const router = await upstream((_, response) => {
    response.write('data: 1\n\n');
    response.on('close', () => left.resolve());
  });
  const url = await ingress({ router: [router] });
  const abort = new AbortController();
  const response = await fetch(`${url}/v1/chat/completions`, { signal: abort.signal });
  await response.body?.getReader().read();
  abort.abort();
  await left.promise;
});

test('a router that dies in mid-stream is seen by the caller as a broken answer, before the head as 503', async () => {
  const streaming = await upstream((_, response) => {
    response.write('data: 1\n\n', () => response.destroy());
  });
  const url = await ingress({ router: [streaming] });
  await expect(fetch(`${url}/v1/x`).then((response) => response.text())).rejects.toThrow();
  const silent = await upstream((request) => void request.socket.destroy());
  const response = await fetch(`${await ingress({ router: [silent] })}/v1/x`, { method: 'POST', body: 'x' });
  expect(response.status).toBe(503);
});

test('a caller that does not read stops the router from sending', async () => {
  let sent = 0;
  const router = await upstream((_, response) => {
    const chunk = Buffer.alloc(65_536);
    const more = (): void => {
      while (sent < 200_000_000) {
        sent += chunk.length;
        if (!response.write(chunk)) {
          response.once('drain', more);
          return;
        }
      }
    };
    more();
  });
  const url = await ingress({ router: [router] });
  await new Promise<void>((resolve, reject) => {
    const request = httpRequest(`${url}/v1/x`, (response) => {
      response.pause();
      let last = -1;
      const look = setInterval(() => {
        if (sent === last) {
          clearInterval(look);
          request.destroy();
          resolve();
        }
        last = sent;
      }, 200);
    });
    request.on('error', reject);
    request.end();
  });
  expect(sent).toBeLessThan(30_000_000);
});
