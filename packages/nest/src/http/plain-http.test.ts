import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { DIRECT_RESOLVE_PATH } from '@tollgate/policy';
import { beforeEach, expect, test } from 'vitest';
import { clientAddress, type DataPlaneHandler } from '../index.js';
import { auth, bearer, boot, live, logLines } from '../testing/thing-service.js';

/** An address of this machine that is not loopback: a connection to it is one from another machine as far as we can tell. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address;

let asked = 0;
beforeEach(() => {
  logLines.length = 0;
  asked = 0;
});

/** Tells what it saw; looks no token up. */
const dataPlane = (): DataPlaneHandler => (request, response) => {
  if (!request.url?.startsWith('/v1/')) return false;
  asked += 1;
  request.resume();
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ address: clientAddress(request) }));
  return true;
};

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: {
    readonly code?: string;
    readonly error?: { readonly code: string; readonly message: string };
    readonly address?: string;
  };
}

interface Call {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string;
}

function call(url: string, { method = 'GET', headers = {}, body = '' }: Call = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('end', () => {
        const json = response.headers['content-type']?.includes('json') === true;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: json ? JSON.parse(text) : {} });
      });
    });
    request.once('error', reject);
    request.end(body);
  });
}

/** The proxy of these tests is on this machine, its callers are elsewhere. */
const behindProxy = { TRUSTED_PROXIES: 'loopback' };
const from = (address: string, proto?: string): Record<string, string> => ({
  'x-forwarded-for': address,
  ...(proto === undefined ? {} : { 'x-forwarded-proto': proto }),
});

test.each([
  ['authorization', { authorization: bearer.authorization }],
  ['x-api-key', { 'x-api-key': live.text }],
  ['api-key', { 'api-key': live.text }],
  ['x-goog-api-key', { 'x-goog-api-key': live.text }],
  ['a session', { cookie: '__Host-session=1' }],
])('a secret in %s over plain HTTP is refused before anybody looks at it', async (_, headers) => {
  const { url } = await boot({ dataPlane }, behindProxy);
  const lookedUp: unknown[] = [];
  auth.transport.respond = ((...parts: unknown[]) => lookedUp.push(parts)) as never;
  const sent = { ...from('203.0.113.9', 'http'), ...headers };
  const plane = await call(`${url}/v1/models`, { headers: sent });
  expect([plane.status, plane.body.error?.code]).toEqual([403, 'https_required']);
  expect(plane.body.error?.message).toContain('Use https://');
  const management = await call(`${url}/api/v1/things`, { headers: sent });
  expect([management.status, management.body.code]).toEqual([403, 'https_required']);
  expect(management.headers['content-type']).toContain('problem+json');
  expect(asked).toBe(0);
  expect(logLines.join('')).not.toContain(live.text);
});

test('a token in the URL and a body are refused as well; probes, descriptions and a signed question are not', async () => {
  const { url } = await boot({ dataPlane }, behindProxy);
  const headers = from('203.0.113.9');
  expect((await call(`${url}/v1/models?key=${live.text}`, { headers })).status).toBe(403);
  expect((await call(`${url}/api/v1/things`, { method: 'POST', headers, body: '{"name":"x"}' })).status).toBe(403);
  for (const path of ['/healthz', '/readyz', '/version', '/api/v1/things/open']) {
    expect((await call(url + path, { headers })).status).toBe(200);
  }
  expect((await call(url + DIRECT_RESOLVE_PATH, { method: 'POST', headers })).status).toBe(404);
});

test('a trusted proxy that says https is believed, and the log tells once a minute what is refused', async () => {
  const { url } = await boot({ dataPlane }, behindProxy);
  const good = await call(`${url}/api/v1/things`, { headers: { ...bearer, ...from('203.0.113.9', 'https') } });
  expect([good.status, good.headers['strict-transport-security']]).toEqual([200, 'max-age=31536000']);
  for (let time = 0; time < 3; time += 1) {
    await call(`${url}/v1/models`, { headers: { ...bearer, ...from('203.0.113.9', 'http') } });
  }
  expect(logLines.filter((line) => line.includes('a secret over plain HTTP was refused'))).toHaveLength(1);
});

test('a body of megabytes is refused and read to its end, so that the answer arrives', async () => {
  const { url } = await boot({ dataPlane }, behindProxy);
  const headers = { ...bearer, ...from('203.0.113.9'), 'content-type': 'application/json' };
  const answer = await call(`${url}/v1/chat/completions`, { method: 'POST', headers, body: 'x'.repeat(8 * 1024 * 1024) });
  expect(answer.body.error?.code).toBe('https_required');
});

test('this machine needs no TLS, and with TOLLGATE_ALLOW_PLAIN_HTTP nobody does', async () => {
  const { url } = await boot({ dataPlane });
  expect((await call(`${url}/v1/models`, { headers: bearer })).status).toBe(200);
  const open = await boot({ dataPlane }, { ...behindProxy, TOLLGATE_ALLOW_PLAIN_HTTP: 'true', HOST: '0.0.0.0' });
  const port = new URL(open.url).port;
  const answer = await call(`http://127.0.0.1:${port}/v1/models`, { headers: { ...bearer, ...from('203.0.113.9', 'http') } });
  expect(answer.status).toBe(200);
  expect(logLines.join('')).toContain('TOLLGATE_ALLOW_PLAIN_HTTP: tokens from other machines can be read');
});

test('the address is the one that the trusted proxy saw, and nobody else can claim one', async () => {
  const trusting = await boot({ dataPlane }, behindProxy);
  const forwarded = { 'x-forwarded-for': ['127.0.0.1', '198.51.100.7'], 'x-forwarded-proto': 'https' };
  expect((await call(`${trusting.url}/v1/models`, { headers: forwarded })).body.address).toBe('198.51.100.7');
  const strict = await boot({ dataPlane });
  expect((await call(`${strict.url}/v1/models`, { headers: forwarded })).body.address).toBe('127.0.0.1');
});

test('unknown management tokens are counted for the caller, not for the proxy', async () => {
  const { url } = await boot({}, behindProxy);
  auth.snapshot = null;
  const ask = (address: string) => call(`${url}/api/v1/things`, { headers: { ...bearer, ...from(address, 'https') } });
  // More at once than come back in the time that they take, however slow the machine is.
  const flood = async () => (await Promise.all(Array.from({ length: 60 }, () => ask('203.0.113.9')))).map(({ status }) => status);
  expect(await flood()).toContain(401);
  await expect.poll(flood, { timeout: 10_000 }).toContain(429);
  expect((await ask('203.0.113.10')).status).toBe(401);
});

test.runIf(outside !== undefined)('off loopback: refused over plain HTTP, and a start says so', async () => {
  const { url } = await boot({ dataPlane }, { HOST: '0.0.0.0' });
  const port = new URL(url).port;
  expect(logLines.join('')).toContain('tokens from other machines are refused: set TLS_CERT_FILE and TLS_KEY_FILE');
  const lying = { ...bearer, 'x-forwarded-proto': 'https', 'x-forwarded-for': '127.0.0.1' };
  expect((await call(`http://${outside}:${port}/v1/models`, { headers: lying })).body.error?.code).toBe('https_required');
  expect((await call(`http://127.0.0.1:${port}/v1/models`, { headers: bearer })).status).toBe(200);
  const { address } = (await call(`http://${outside}:${port}/v1/models`, { headers: {} })).body;
  expect(address).toBe(outside);
});

test.each([
  ['the same Host twice', 'host: a\r\nhost: a\r\n'],
  ['two Hosts', 'host: a\r\nhost: b\r\n'],
])('%s: 400, and the connection ends', async (_, hosts) => {
  const { url } = await boot({ dataPlane });
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(`GET /v1/models HTTP/1.1\r\n${hosts}\r\n`));
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.once('close', () => resolve(text));
    socket.once('error', reject);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('needs one Host header');
  expect(asked).toBe(0);
});

test('two tokens in one request are no token', async () => {
  const { url } = await boot();
  const headers = { authorization: [bearer.authorization, 'Bearer other'] };
  expect((await call(`${url}/api/v1/things`, { headers })).status).toBe(401);
});

test('management answers and refusals carry the headers that browsers heed', async () => {
  const { url } = await boot();
  for (const path of ['/api/v1/things', '/api/v1/things/gone', '/api/v1/nowhere', '/healthz', '/']) {
    const { headers } = await call(url + path, { headers: bearer });
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
    });
    expect(headers['strict-transport-security']).toBeUndefined();
  }
});
