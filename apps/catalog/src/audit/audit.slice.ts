import { randomBytes } from 'node:crypto';
import { type AuditRecord, type AuditRecords, SUBJECTS } from '@tollgate/contracts';
import { decodeJson, EMPTY_BYTES } from '@tollgate/kernel';
import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Bed, openBed, sayHello } from '../testing/open-bed.js';
import { playAuth, type Send } from '../testing/play-auth.js';

let bed: Bed;
let send: Send;
let away = false;
let received: AuditRecord[] = [];

beforeAll(async () => {
  bed = await openBed();
  bed.transport.respond(SUBJECTS.auditRecord, 'auth', async ({ body }) => {
    if (away) throw new Error('auth is away');
    received.push(...(decodeJson(body) as AuditRecords).records);
    return EMPTY_BYTES;
  });
  send = playAuth(bed.transport, bed.handle.url)(['admin:*']);
  await sayHello(bed, []);
});
afterAll(() => bed.close());
beforeEach(() => {
  received = [];
});

const waiting = async (): Promise<number> => (await bed.catalog.store.query('SELECT id FROM catalog.audit_outbox')).length;
const arrived = (count: number) =>
  waitFor(async () => (received.length >= count && (await waiting()) === 0) || null, { what: `${count} records at auth` });

test('each change of the catalogue reaches the trail with who made it, and without its secret', async () => {
  const secret = `sk-canary-${randomBytes(16).toString('hex')}`;
  const provider = await send('POST', '/api/v1/providers', { name: 'own', base_url: 'https://example.com/v1', secret });
  expect(provider.status).toBe(201);
  const credential = await send('POST', '/api/v1/credentials', { provider_id: provider.body.id, name: 'second', secret });
  expect(credential.status).toBe(201);
  const route = await send('POST', '/api/v1/routes', { model: 'fast', targets: [{ model: 'own/m' }] });
  expect(route.status).toBe(201);
  for (const path of [`routes/${route.body.id}`, `credentials/${credential.body.id}`, `providers/${provider.body.id}`]) {
    expect((await send('DELETE', `/api/v1/${path}`)).status, path).toBe(204);
  }
  await arrived(6);
  expect(received.map(({ fact }) => [fact.action, fact.target.name])).toEqual([
    ['provider.created', 'own'],
    ['credential.created', 'second'],
    ['route.created', 'fast'],
    ['route.deleted', 'fast'],
    ['credential.deleted', 'second'],
    ['provider.deleted', 'own'],
  ]);
  for (const { organisationId, fact } of received) {
    expect(organisationId).toBe('org_one');
    expect(fact).toMatchObject({ actor: { type: 'token', secretId: 'sec_1' }, decision: 'allowed', ip: '127.0.0.1' });
    expect(fact.requestId).toMatch(/^req_/);
  }
  expect(JSON.stringify(received)).not.toContain(secret);
});

test('what is refused leaves nothing', async () => {
  expect((await send('DELETE', '/api/v1/routes/route_00000000000000000000000000')).status).toBe(404);
  const taken = await send('POST', '/api/v1/routes', { model: 'x', targets: [{ model: 'nobody/m' }] });
  expect(taken.status).toBe(400);
  expect(await waiting()).toBe(0);
  expect(received).toEqual([]);
});

test('while auth is away changes go on, and their records wait', async () => {
  away = true;
  const made = await send('POST', '/api/v1/providers', { name: 'later', base_url: 'https://example.com/v1' });
  expect(made.status).toBe(201);
  expect(await waiting()).toBe(1);
  away = false;
  await arrived(1);
  expect(received).toMatchObject([{ fact: { action: 'provider.created', target: { name: 'later' } } }]);
});
