import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { get as httpGet, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { Controller, Get, Inject, Module, Post } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { SUBJECTS, type TokenSnapshot } from '@tollgate/contracts';
import { decodeJson, EnvironmentError, encodeJson, encodeUtf8, integerVariable, TollgateError } from '@tollgate/kernel';
import { digestToken, generateToken, type PepperSet, readPeppers } from '@tollgate/policy';
import { createLogger } from '@tollgate/telemetry';
import { createInProcessTransport, type Transport } from '@tollgate/transport';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import {
  Caller,
  type DataPlaneHandler,
  type ManagementCaller,
  type MessageContext,
  OpenToAll,
  Permission,
  RAW_BODY,
  type ServiceDefinition,
  type ServicesHandle,
  systemClock,
  TRANSPORT,
  ZodBody,
  ZodQuery,
} from '../index.js';
import { bootServices } from './boot-services.js';

const PEPPER = 'ab'.repeat(32);
const peppers = (readPeppers(PEPPER) as { value: PepperSet }).value;
const logLines: string[] = [];
const logger = createLogger({ service: 'test', level: 'debug', destination: { write: (line) => void logLines.push(line) } });

const CreateSchema = z.object({ name: z.string().min(1), tags: z.array(z.object({ key: z.string() })).default([]) });

@Controller('/api/v1/things')
class ThingController {
  @Get()
  @Permission('admin:things:read')
  list(@ZodQuery(z.object({ limit: z.coerce.number().int().max(10).default(5) })) query: { limit: number }) {
    return query;
  }
  @Post()
  @Permission('admin:things:write')
  create(@ZodBody(CreateSchema) body: z.infer<typeof CreateSchema>, @Caller() caller: ManagementCaller) {
    return { body, caller };
  }
  @Get('/broken')
  @Permission('admin:things:read')
  broken(): never {
    throw new Error('the secret is hunter2');
  }
  @Get('/gone')
  @Permission('admin:things:read')
  gone(): never {
    throw new TollgateError('not_found', 'There is no such thing.');
  }
  @Get('/open')
  @OpenToAll('test')
  open() {
    return { open: true };
  }
}

const heard: unknown[] = [];
@Controller()
class ThingMessages {
  constructor(@Inject(TRANSPORT) readonly transport: Transport) {}
  @MessagePattern(SUBJECTS.feedRead)
  json(@Payload() payload: unknown, @Ctx() context: MessageContext) {
    return { payload, subject: context.subject };
  }
  @MessagePattern(SUBJECTS.usageSettled, RAW_BODY)
  raw(@Payload() payload: Uint8Array) {
    return encodeUtf8(`${payload.length}`);
  }
  @MessagePattern(SUBJECTS.quotaLease)
  fails(): never {
    throw new Error('internal detail');
  }
  @EventPattern(SUBJECTS.catalogChanged)
  event(@Payload() payload: unknown): void {
    heard.push(payload);
  }
}

@Module({ controllers: [ThingController, ThingMessages] })
class ThingModule {}

const definition = (overrides: Partial<ServiceDefinition> = {}): ServiceDefinition => ({
  name: 'auth',
  environment: {},
  database: null,
  module: () => ({ module: ThingModule }),
  ...overrides,
});

let transport: Transport;
const handles: ServicesHandle[] = [];
const live = generateToken({ type: 'a', environment: 'live', randomBytes });
let snapshot: TokenSnapshot | null;
let resolveStatus: 'found' | 'stale';

beforeEach(() => {
  transport = createInProcessTransport({ clock: systemClock });
  resolveStatus = 'found';
  snapshot = {
    id: 'tok_1',
    publicId: live.publicId,
    type: 'a',
    name: 'test',
    organisationId: 'org_1',
    teamId: null,
    status: 'active',
    expiresAt: null,
    secrets: [
      {
        id: 'sec_1',
        digest: digestToken(peppers[0].key, live.text).toString('base64url'),
        pepperVersion: 1,
        state: 'active',
        expiresAt: null,
      },
    ],
    policy: {
      scopes: ['admin:things:*'],
      models: { allow: [], deny: [] },
      requests: null,
      maxOutputTokens: null,
      budgets: [],
      strict: false,
    },
    revision: 1,
  };
  transport.respond(SUBJECTS.tokenResolve, 'auth', async () => {
    if (resolveStatus === 'stale') return encodeJson({ status: 'stale' });
    return encodeJson(snapshot === null ? { status: 'unknown', sequence: 1 } : { status: 'found', token: snapshot, sequence: 1 });
  });
});
afterEach(async () => {
  for (const handle of handles.splice(0)) await handle.close();
});

async function boot(overrides: Partial<ServiceDefinition> = {}, variables: Record<string, string> = {}): Promise<ServicesHandle> {
  const handle = await bootServices([definition(overrides)], {
    variables: { PORT: '0', TOLLGATE_METRICS_PORT: '0', TOLLGATE_TOKEN_PEPPER: PEPPER, ...variables },
    transport,
    logger,
  });
  handles.push(handle);
  return handle;
}

const bearer = { authorization: `Bearer ${live.text}` };
const post = (url: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/api/v1/things`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...bearer, ...headers } });

test('200: a token with the scope reaches the controller, and the caller is known there', async () => {
  const { url } = await boot();
  const response = await post(url, JSON.stringify({ name: 'x' }), { 'x-request-id': 'mine-1' });
  expect(response.status).toBe(201);
  expect(response.headers.get('x-request-id')).toBe('mine-1');
  expect(response.headers.get('x-tollgate-request-id')).toMatch(/^req_/);
  expect(await response.json()).toEqual({
    body: { name: 'x', tags: [] },
    caller: {
      tokenId: 'tok_1',
      publicId: live.publicId,
      secretId: 'sec_1',
      organisationId: 'org_1',
      teamId: null,
      scopes: ['admin:things:*'],
      type: 'a',
    },
  });
});

test.each([
  ['none', {}],
  ['garbage', { authorization: 'Bearer nonsense' }],
  ['cut', { authorization: `Bearer ${live.text.slice(0, -1)}` }],
  [
    'another secret of the same id',
    { authorization: `Bearer ${generateToken({ type: 'a', environment: 'live', randomBytes, publicId: live.publicId }).text}` },
  ],
])('401: a token that is %s', async (_, headers) => {
  const { url } = await boot();
  const response = await fetch(`${url}/api/v1/things`, { headers });
  expect(response.status).toBe(401);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(response.headers.get('www-authenticate')).toContain('Bearer');
  const problem = (await response.json()) as { code: string; request_id: string };
  expect(problem).toMatchObject({ type: 'about:blank', status: 401, code: 'invalid_api_key' });
  expect(problem.request_id).toBe(response.headers.get('x-tollgate-request-id'));
});

test('401: unknown, revoked and expired tokens get the very same detail', async () => {
  const { url } = await boot();
  const details = new Set<string>();
  const base = snapshot as TokenSnapshot;
  for (const state of [null, { ...base, status: 'revoked' as const }, { ...base, expiresAt: 1 }, { ...base, secrets: [] }]) {
    snapshot = state;
    const response = await fetch(`${url}/api/v1/things`, { headers: bearer });
    expect(response.status).toBe(401);
    details.add(((await response.json()) as { detail: string }).detail);
  }
  expect(details.size).toBe(1);
});

test('403: the scope that is lacking is named', async () => {
  const { url } = await boot();
  (snapshot as TokenSnapshot).policy.scopes.splice(0, 1, 'admin:things:read');
  const response = await post(url, '{"name":"x"}');
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({
    code: 'permission_denied',
    detail: expect.stringContaining('admin:things:write'),
  });
});

test('400: a token in the URL', async () => {
  const { url } = await boot();
  const response = await fetch(`${url}/api/v1/things?key=${live.text}`, { headers: bearer });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: 'token_in_query' });
});

test('503: the token cannot be checked right now', async () => {
  const { url } = await boot();
  resolveStatus = 'stale';
  const response = await fetch(`${url}/api/v1/things`, { headers: bearer });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('1');
  expect(await response.json()).toMatchObject({ code: 'token_unverifiable' });
});

test('400: every wrong and every unknown field is named by its pointer', async () => {
  const { url } = await boot();
  const response = await post(url, JSON.stringify({ name: '', tags: [{ key: 'a', 'a/b~c': 1 }], colour: 'red' }));
  expect(response.status).toBe(400);
  const { code, errors } = (await response.json()) as { code: string; errors: { pointer: string }[] };
  expect(code).toBe('invalid_request');
  expect(errors.map((error) => error.pointer).sort()).toEqual(['/colour', '/name', '/tags/0/a~1b~0c']);
});

test.each([
  '{"name":"x","__proto__":{"a":1}}',
  '{"name":"x","constructor":{"prototype":{"a":1}}}',
  '{"name":"x","tags":[{"key":"k","__proto__":1}]}',
])('400: a body that reaches for a prototype: %s', async (body) => {
  const { url } = await boot();
  expect((await post(url, body)).status).toBe(400);
  expect(({} as { a?: number }).a).toBeUndefined();
});

test('400, 413, 415: bodies that are no JSON, too large, or of another kind', async () => {
  const { url } = await boot();
  const broken = await post(url, '{"name":');
  expect([broken.status, ((await broken.json()) as { code: string }).code]).toEqual([400, 'invalid_json']);
  const nothing = await post(url, '');
  expect(nothing.status).toBe(400);
  const large = await post(url, JSON.stringify({ name: 'x'.repeat(1_100_000) }));
  expect([large.status, ((await large.json()) as { code: string }).code]).toEqual([413, 'body_too_large']);
  const other = await post(url, 'name=x', { 'content-type': 'text/plain' });
  expect([other.status, ((await other.json()) as { code: string }).code]).toEqual([415, 'unsupported_media_type']);
});

test('400: a query with an unknown or wrong parameter', async () => {
  const { url } = await boot();
  const response = await fetch(`${url}/api/v1/things?limit=999&colour=red`, { headers: bearer });
  expect(response.status).toBe(400);
  const { errors } = (await response.json()) as { errors: { pointer: string }[] };
  expect(errors.map((error) => error.pointer).sort()).toEqual(['colour', 'limit']);
});

test('404 and 500: a missing thing by its message, a fault of ours by nothing at all', async () => {
  const { url } = await boot();
  const missing = await fetch(`${url}/api/v1/things/gone`, { headers: bearer });
  expect([missing.status, ((await missing.json()) as { detail: string }).detail]).toEqual([404, 'There is no such thing.']);
  const route = await fetch(`${url}/api/v1/nowhere`, { headers: bearer });
  expect([route.status, ((await route.json()) as { code: string }).code]).toEqual([404, 'route_not_found']);
  const fault = await fetch(`${url}/api/v1/things/broken`, { headers: bearer });
  expect(fault.status).toBe(500);
  const text = await fault.text();
  expect(JSON.parse(text)).toMatchObject({ code: 'internal_error' });
  expect(text).not.toContain('hunter2');
});

test('a route that is open to all needs no token', async () => {
  const { url } = await boot();
  expect(await (await fetch(`${url}/api/v1/things/open`)).json()).toEqual({ open: true });
});

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
  const ask = async (subject: string, body: Uint8Array) => transport.request(subject, body, { timeoutMs: 1_000 });
  expect(decodeJson(await ask(SUBJECTS.feedRead, encodeJson({ after: 3 })))).toEqual({
    payload: { after: 3 },
    subject: SUBJECTS.feedRead,
  });
  expect(Buffer.from(await ask(SUBJECTS.usageSettled, new Uint8Array(7))).toString()).toBe('7');
  await expect(ask(SUBJECTS.quotaLease, encodeJson({}))).rejects.toMatchObject({ code: 'handler_failed' });
  await expect(ask(SUBJECTS.feedRead, encodeUtf8('{no json'))).rejects.toMatchObject({ code: 'handler_failed' });
  transport.publish(SUBJECTS.catalogChanged, encodeJson({ v: 1 }));
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

test('431: a megabyte of headers is answered in the envelope of the path', async () => {
  const { url } = await boot();
  const { hostname, port } = new URL(url);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n${`x-filler: ${'a'.repeat(1_000)}\r\n`.repeat(1_000)}\r\n`);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  expect(answer).toContain('"code":"headers_too_large"');
});

test('400: what is not HTTP', async () => {
  const { url } = await boot();
  const { hostname, port } = new URL(url);
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write('\x16\x03\x01\x02\x00\x01nonsense\r\n\r\n'));
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('close', () => resolve(text));
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
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
