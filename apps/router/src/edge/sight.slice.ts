import { randomBytes } from 'node:crypto';
import { EMPTY_POLICY, SUBJECTS, type WatchReport, WatchReportSchema, type WatchSighting } from '@tollgate/contracts';
import { decodeJson, decodeUtf8, encodeJson } from '@tollgate/kernel';
import { digestsOfToken, generateToken } from '@tollgate/policy';
import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { answerWhole, chat, RouterHarness } from '../testing/harness.js';

const harness = new RouterHarness();
let seen: WatchSighting[] = [];
let status: 'ok' | 'stale' = 'ok';
beforeAll(async () => {
  await harness.start();
  await waitFor(() => harness.router.gate.routes.index);
  harness.transport.respond(SUBJECTS.watchReport, 'auth', async (message) => {
    const report: WatchReport = WatchReportSchema.parse(decodeJson(message.body));
    if (status === 'ok') seen.push(...report.sightings);
    return encodeJson({ status });
  });
});
beforeEach(async () => {
  await harness.router.gate.sightings.flush();
  seen = [];
});
afterAll(() => harness.stop());

const caller = { network: '127.0.0.0/24', userAgent: 'node', at: expect.any(Number) };
const otherSecretOf = (publicId: string): string => generateToken({ type: 'k', environment: 'live', publicId, randomBytes }).text;
const stranger = (): string => generateToken({ type: 'k', environment: 'live', randomBytes }).text;
const digests = (text: string) => digestsOfToken(harness.router.gate.config.peppers, text);
const told = (count = 1) => waitFor(() => (seen.length >= count ? seen : null), { what: `${count} sightings` });
const exposing = (exposure: 'off' | 'alert' | 'block' | 'redact') => harness.addToken({}, { exposure });
const prompt = (text: string): string => chat({ messages: [{ role: 'user', content: `use ${text}, please` }] });

test('a good call reports nothing but its use', async () => {
  const { text } = harness.addToken();
  expect((await harness.post(text)).status).toBe(200);
  await harness.router.gate.sightings.flush();
  expect(seen).toEqual([]);
});

test('a wrong secret is told by its digest alone, and what is alike is counted together', async () => {
  const { publicId } = harness.addToken();
  const old = otherSecretOf(publicId);
  const answers = await Promise.all([1, 2, 3].map(() => harness.post(old)));
  expect(answers.map((answer) => answer.status)).toEqual([401, 401, 401]);
  await waitFor(() => seen.reduce((sum, { count }) => sum + count, 0) === 3 || null);
  expect(seen[0]).toMatchObject({
    ...caller,
    kind: 'refused',
    publicId,
    reason: 'wrong_secret',
    secretId: null,
    permission: 'llm:chat',
  });
  expect(seen.every((each) => each.kind === 'refused' && each.digests[0]?.digest === digests(old)[0]?.digest)).toBe(true);
  expect(JSON.stringify(seen) + harness.logs).not.toContain(old.slice(-49));
});

test('a good secret that may not do that is told by its id', async () => {
  const bare = harness.addToken({ ...EMPTY_POLICY, scopes: ['llm:embed'], models: { allow: ['*'], deny: [] } });
  const away = harness.addToken({ addresses: { allow: ['192.0.2.0/24'], deny: [] } });
  const model = harness.addToken({ models: { allow: ['other'], deny: [] } });
  for (const { text } of [bare, away, model]) expect((await harness.post(text)).status).toBe(403);
  await told(3);
  expect(seen.map((each) => each.kind === 'refused' && [each.publicId, each.reason, each.secretId, each.digests])).toEqual([
    [bare.publicId, 'permission_denied', 'sec_1', []],
    [away.publicId, 'address_not_allowed', 'sec_1', []],
    [model.publicId, 'model_not_allowed', 'sec_1', []],
  ]);
});

test('what is no token, and one that nobody was given, is junk of its network; nothing at all is not', async () => {
  expect((await harness.post(stranger())).status).toBe(401);
  expect((await harness.post('tgk_live_nothing')).status).toBe(401);
  expect((await harness.post(null)).status).toBe(401);
  await waitFor(() => seen.reduce((sum, { count }) => sum + count, 0) === 2 || null);
  expect(new Set(seen.map(({ kind }) => kind))).toEqual(new Set(['garbage']));
});

test('many wrong secrets of one key do not fill the report', async () => {
  const { publicId } = harness.addToken();
  const { sightings } = harness.router.gate;
  const from = { address: '192.0.2.1', userAgent: 'curl/8' };
  for (let guess = 0; guess < 200; guess += 1) {
    const text = otherSecretOf(publicId);
    sightings.refused(
      { text, publicId, type: 'k', environment: 'live' },
      { reason: 'wrong_secret', secretId: null, permission: '' },
      from,
    );
  }
  await sightings.flush();
  expect(seen.filter(({ kind }) => kind === 'refused').length).toBeLessThanOrEqual(8);
  expect(seen.reduce((sum, { count }) => sum + count, 0)).toBe(200);
});

test('a report that auth cannot take is sent again, whole', async () => {
  const { publicId } = harness.addToken();
  status = 'stale';
  await harness.post(otherSecretOf(publicId));
  await harness.router.gate.sightings.flush();
  expect(seen).toEqual([]);
  status = 'ok';
  await harness.router.gate.sightings.flush();
  expect(seen).toMatchObject([{ kind: 'refused', publicId, count: 1 }]);
});

test('alert: a token in a prompt goes on, and is told once, with who sent it', async () => {
  const own = exposing('alert');
  const leaked = stranger();
  const before = harness.calls.length;
  const body = chat({
    messages: [
      { role: 'user', content: `${leaked} ${leaked}` },
      { role: 'assistant', content: 'ok' },
    ],
  });
  expect((await harness.post(own.text, body)).status).toBe(200);
  expect(decodeUtf8(harness.calls[before]?.stream.body as Uint8Array)).toContain(leaked);
  await told();
  expect(seen).toEqual([
    {
      ...caller,
      kind: 'exposed',
      count: 1,
      publicId: leaked.slice(9, 21),
      digests: digests(leaked),
      place: 'body',
      done: 'passed',
      callerTokenId: `tok_${own.publicId}`,
      callerOrganisationId: 'org_1',
    },
  ]);
});

test('where nothing is said, it is told; off looks at nothing', async () => {
  expect((await harness.post(harness.addToken().text, prompt(stranger()))).status).toBe(200);
  await told();
  seen = [];
  expect((await harness.post(exposing('off').text, prompt(stranger()))).status).toBe(200);
  await harness.router.gate.sightings.flush();
  expect(seen).toEqual([]);
});

test('redact: the provider gets stars of the same number, in tool arguments as well', async () => {
  const own = exposing('redact');
  const leaked = [stranger(), stranger()];
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: JSON.stringify({ key: leaked[1] }) } };
  const body = chat({
    messages: [
      { role: 'user', content: `mine: ${leaked[0]}` },
      { role: 'assistant', tool_calls: [call] },
    ],
  });
  const before = harness.calls.length;
  expect((await harness.post(own.text, body)).status).toBe(200);
  const sent = decodeUtf8(harness.calls[before]?.stream.body as Uint8Array);
  const hidden = leaked.reduce((text, token) => text.replace(token.slice(-49), '*'.repeat(49)), body);
  expect(JSON.parse(sent).messages).toEqual(JSON.parse(hidden).messages);
  await told(2);
  expect(seen).toMatchObject([{ done: 'redacted' }, { done: 'redacted' }]);
});

test('block: 400, no adapter hears of it, and the secret stands nowhere', async () => {
  const own = exposing('block');
  const leaked = stranger();
  const before = harness.calls.length;
  const response = await harness.post(own.text, prompt(leaked));
  const id = response.headers.get('x-tollgate-request-id');
  const text = await response.text();
  expect([response.status, text]).toEqual([400, expect.stringContaining('rotate it')]);
  expect(harness.calls).toHaveLength(before);
  await told();
  expect(seen).toMatchObject([{ done: 'blocked', place: 'body' }]);
  const record = await waitFor(() => harness.records.find((each) => each.id === id));
  expect(record).toMatchObject({ outcome: 'refused', errorCode: 'invalid_request' });
  expect(text + JSON.stringify([record, seen]) + harness.logs).not.toContain(leaked.slice(-49));
});

test('a token in a path, in a query or as the model is told, whoever sent it', async () => {
  const own = harness.addToken();
  const leaked = [stranger(), stranger(), stranger()];
  const authorization = `Bearer ${own.text}`;
  await fetch(`${harness.url}/v1/models/${leaked[0]}`, { headers: { authorization } });
  await fetch(`${harness.url}/v1/models?key=${leaked[1]}`);
  await harness.post(own.text, chat({ model: `openrouter/${leaked[2]}` }));
  await told(3);
  const facts = seen.map((each) => each.kind === 'exposed' && [each.publicId, each.place, each.callerTokenId]);
  expect(facts).toEqual([
    [leaked[0]?.slice(9, 21), 'url', null],
    [leaked[1]?.slice(9, 21), 'url', null],
    [leaked[2]?.slice(9, 21), 'model', `tok_${own.publicId}`],
  ]);
});

test('a body in parts is looked at as one', async () => {
  const own = exposing('block');
  const whole = Buffer.from(prompt(stranger()));
  const cut = whole.indexOf('_live_') + 3;
  const parts = new ReadableStream({
    start(controller) {
      controller.enqueue(whole.subarray(0, cut));
      setImmediate(() => {
        controller.enqueue(whole.subarray(cut));
        controller.close();
      });
    },
  });
  harness.adapt = (stream) => answerWhole(stream);
  expect((await harness.post(own.text, parts, { duplex: 'half' } as RequestInit)).status).toBe(400);
});
