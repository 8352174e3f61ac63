import { get as httpGet, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { SUBJECTS } from '@tollgate/contracts';
import { decodeJson, EnvironmentError, encodeJson, encodeUtf8, integerVariable } from '@tollgate/kernel';
import { expect, test } from 'vitest';
import type { DataPlaneHandler, ServiceDefinition } from '../index.js';
import { auth, boot, heard } from '../testing/thing-service.js';

test('a route without a declared permission keeps the process from booting', async () => {
  @Controller('/api/v1/forgotten')
  class ForgottenController {
    @Get()
    list() {
      return [];
    }
  }
  @Module({ controllers: [ForgottenController] })
  class ForgottenModule {}
  await expect(boot({ module: () => ({ module: ForgottenModule }) })).rejects.toThrow('ForgottenController.list');
});

test('control messages reach handlers as JSON or bytes; a handler that throws tells nothing', async () => {
  await boot();
  const ask = async (subject: string, body: Uint8Array) => auth.transport.request(subject, body, { timeoutMs: 1_000 });
  expect(decodeJson(await ask(SUBJECTS.feedRead, encodeJson({ after: 3 })))).toEqual({
    payload: { after: 3 },
    subject: SUBJECTS.feedRead,
  });
  expect(Buffer.from(await ask(SUBJECTS.usageSettled, new Uint8Array(7))).toString()).toBe('7');
  await expect(ask(SUBJECTS.quotaLease, encodeJson({}))).rejects.toMatchObject({ code: 'handler_failed' });
  await expect(ask(SUBJECTS.feedRead, encodeUtf8('{no json'))).rejects.toMatchObject({ code: 'handler_failed' });
  auth.transport.publish(SUBJECTS.catalogChanged, encodeJson({ v: 1 }));
  await expect.poll(() => heard).toContainEqual({ v: 1 });
});

test('probes, version and metrics are served; readiness names each check', async () => {
  const { url, metricsUrl, readiness } = await boot();
  for (const path of ['/healthz', '/health/liveliness', '/readyz', '/health/readiness']) {
    expect((await fetch(url + path)).status).toBe(200);
  }
  expect(await (await fetch(`${url}/version`)).json()).toMatchObject({ services: ['auth'], version: expect.any(String) });
  readiness.register('optional', () => ({ ready: false, detail: 'away' }), { required: false });
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  readiness.register('needed', () => ({ ready: false, detail: 'away' }));
  const response = await fetch(`${url}/readyz`);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({
    ready: false,
    checks: { boot: { ready: true }, needed: { ready: false, detail: 'away' } },
  });
  await fetch(`${url}/api/v1/things/open`);
  const metrics = await (await fetch(metricsUrl as string)).text();
  expect(metrics).toContain('tollgate_management_requests_total{method="GET",route="/api/v1/things/open",status="200"} 1');
  expect(metrics).toMatch(/^tollgate_ready 0$/m);
});

test('every mistake of every environment is listed at once, no secret among them', async () => {
  const environment = { size: integerVariable({ name: 'THING_SIZE', purpose: 'test', min: 1, max: 9 }) };
  const failure = boot({ environment }, { PORT: 'http', LOG_LEVEL: 'loud', THING_SIZE: '12', TOLLGATE_TOKEN_PEPPER: 'hunter2' });
  await expect(failure).rejects.toThrow(EnvironmentError);
  const { problems } = (await failure.catch((error: unknown) => error)) as EnvironmentError;
  expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
    'LOG_LEVEL',
    'PORT',
    'THING_SIZE',
    'TOLLGATE_TOKEN_PEPPER',
  ]);
  expect(problems.join()).not.toContain('hunter2');
});

test('how long an idle connection is kept is the operator`s to say', async () => {
  const { url } = await boot({}, { TOLLGATE_KEEP_ALIVE_MS: '7000' });
  const request = 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n';
  const { hostname, port } = new URL(url);
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(request));
    socket.once('data', (chunk: Buffer) => {
      resolve(chunk.toString());
      socket.destroy();
    });
  });
  expect(answer.toLowerCase()).toContain('keep-alive: timeout=7');
});

test('a busy port is one clear line', async () => {
  const { url } = await boot();
  const port = new URL(url).port;
  await expect(boot({}, { PORT: port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken`);
});

const dataPlaneOf = (handler: DataPlaneHandler): Partial<ServiceDefinition> => ({ dataPlane: () => handler });

test('the data plane sees each request first, and what it declines goes on', async () => {
  const { url } = await boot(
    dataPlaneOf((request, response) => {
      if (!request.url?.startsWith('/v1/')) return false;
      response.end('from the data plane');
      return true;
    }),
  );
  expect(await (await fetch(`${url}/v1/models`)).text()).toBe('from the data plane');
  expect((await fetch(`${url}/api/v1/things/open`)).status).toBe(200);
});

test('a data plane that throws answers 500 and the process goes on', async () => {
  const { url } = await boot(
    dataPlaneOf(() => {
      throw new Error('hunter2');
    }),
  );
  const response = await fetch(`${url}/v1/models`);
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('hunter2');
});

const overflowing = `x-filler: ${'a'.repeat(1_000)}\r\n`.repeat(1_000);
test.each([
  [431, 'headers_too_large', 'a megabyte of headers', `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n${overflowing}\r\n`],
  [400, 'invalid_request', 'no Host', 'GET /v1/models HTTP/1.1\r\n\r\n'],
  [417, 'expectation_failed', 'an unknown Expect', 'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nexpect: tea\r\n\r\n'],
  [400, 'invalid_request', 'a method that is none', 'BREW /v1/models HTTP/1.1\r\nhost: x\r\n\r\n'],
  [400, 'invalid_request', 'a version that is none', 'GET /v1/models HTTP/9.9\r\nhost: x\r\n\r\n'],
  [400, 'invalid_request', 'a space in the path', 'GET /v1/a b HTTP/1.1\r\nhost: x\r\n\r\n'],
  [400, 'invalid_request', 'a header without a colon', 'GET /v1/models HTTP/1.1\r\nhost: x\r\nnonsense\r\n\r\n'],
  [400, 'invalid_request', 'a space before the colon', 'GET /v1/models HTTP/1.1\r\nhost: x\r\na : b\r\n\r\n'],
  [400, 'invalid_request', 'a TLS hello', '\x16\x03\x01\x02\x00\x01nonsense\r\n\r\n'],
  [405, 'method_not_allowed', 'a CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n'],
])('%i %s: %s is answered in the envelope, and the connection ends', async (status, code, _, bytes) => {
  const { url } = await boot();
  const answer = await answerTo(url, bytes);
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head.toLowerCase()).toContain('connection: close');
  expect(head.toLowerCase()).toContain('x-tollgate-error-source: gateway');
  expect(JSON.parse(body)).toEqual({ error: { message: expect.any(String), type: 'invalid_request_error', param: null, code } });
});

test('HTTP/1.0 needs no Host', async () => {
  const { url } = await boot();
  expect(await answerTo(url, 'GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
});

/** All that comes until the server ends the connection. */
function answerTo(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'));
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

test('a connection that was opened in advance does not hold the drain', async () => {
  const handle = await boot();
  const { hostname, port } = new URL(handle.url);
  const socket = connect(Number(port), hostname);
  await new Promise((resolve) => socket.once('connect', resolve));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined);
  const since = performance.now();
  await handle.close();
  await closed;
  expect(performance.now() - since).toBeLessThan(2_000);
});

test('a drain lets an answer under way finish, takes nothing new, and then is done', async () => {
  let finish: () => void = () => undefined;
  const handle = await boot(
    dataPlaneOf((_, response) => {
      response.write('first ');
      finish = () => response.end('last');
      return true;
    }),
  );
  const received: string[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    httpGet(`${handle.url}/v1/x`, (response) => {
      response.on('data', (chunk: Buffer) => received.push(chunk.toString()));
      response.on('end', resolve);
    }).on('error', reject);
  });
  await expect.poll(() => received.length).toBe(1);
  let closed = false;
  const closing = handle.close().then(() => {
    closed = true;
  });
  expect(handle.readiness.report().ready).toBe(false);
  await expect(fetch(`${handle.url}/v1/y`)).rejects.toThrow();
  expect(closed).toBe(false);
  finish();
  await ended;
  await closing;
  expect(received.join('')).toBe('first last');
});

test('a drain ends at its grace, whatever is still under way', async () => {
  const handle = await boot(
    dataPlaneOf((_, response) => {
      response.write('first');
      return true;
    }),
    { TOLLGATE_DRAIN_GRACE_MS: '50' },
  );
  const cut = new Promise<void>((resolve) => {
    const request = httpRequest(`${handle.url}/v1/x`, (response) => {
      response.resume();
      response.on('close', resolve);
      void handle.close();
    });
    request.on('error', () => resolve());
    request.end();
  });
  await cut;
  await handle.close();
});
