import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { makeAuthority, makeCertificate, type NatsServer, startNatsServer } from '@tollgate/testing';
import type { ClientStream, StreamFailure, Transport } from '@tollgate/transport';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bootServices, type ServicesHandle, TRANSPORT } from '../index.js';
import { makeNatsAccount } from '../testing/nats-accounts.js';
import { definition, logger, logLines } from '../testing/thing-service.js';

const folder = mkdtempSync(join(tmpdir(), 'tollgate-bus-'));
const place = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const authority = makeAuthority();
const caFile = place('ca.pem', authority.certificate);
const strangerFile = place('stranger.pem', makeAuthority().certificate);
const account = makeNatsAccount();

/** Lines of a server that shows a certificate for these hosts. */
function tlsFor(name: string, hosts: readonly string[], validUntil?: Date): string {
  const pair = makeCertificate({ hosts, authority, ...(validUntil && { validUntil }) });
  const files = [place(`${name}.pem`, pair.certificate), place(`${name}.key`, pair.key)];
  return `tls { cert_file: "${files[0]}", key_file: "${files[1]}" }\n`;
}

const servers = new Map<string, NatsServer>();
beforeAll(async () => {
  const configs = {
    plain: '',
    password: 'authorization { user: "gate", password: "s:e/c ret" }',
    tls: `${tlsFor('good', ['127.0.0.1'])}authorization { user: "gate", password: "secret" }`,
    elsewhere: tlsFor('elsewhere', ['nats.test']),
    expired: tlsFor('expired', ['127.0.0.1'], new Date(Date.now() - 60_000)),
    accounts: account.config,
  };
  for (const [name, config] of Object.entries(configs)) servers.set(name, await startNatsServer({ config }));
});
afterAll(async () => {
  for (const server of servers.values()) await server.stop();
  rmSync(folder, { recursive: true });
});

@Module({})
class EmptyModule {}

const handles: ServicesHandle[] = [];
afterEach(async () => {
  for (const handle of handles.splice(0)) await handle.close();
});

/** A process with this much of an environment; its transport. */
async function joinBus(variables: Readonly<Record<string, string>>): Promise<Transport> {
  const handle = await bootServices([definition({ name: 'provider-adapters', module: () => ({ module: EmptyModule }) })], {
    variables: { PORT: '0', TOLLGATE_METRICS_PORT: 'off', ...variables },
    logger,
  });
  handles.push(handle);
  return handle.context.get<Transport>(TRANSPORT, { strict: false });
}

const urlOf = (name: string, scheme = 'nats', login = ''): string => `${scheme}://${login}127.0.0.1:${servers.get(name)?.port}`;

async function answersItself(transport: Transport): Promise<string> {
  transport.respond('test.echo', 'test', async ({ body }) => body);
  const answer = await transport.request('test.echo', Buffer.from('over the bus'), { timeoutMs: 5_000 });
  return Buffer.from(answer).toString();
}

test.each([
  ['no login', () => ({ NATS_URL: urlOf('plain') })],
  ['user and password, escaped', () => ({ NATS_URL: urlOf('password', 'nats', 'gate:s%3Ae%2Fc%20ret@') })],
  [
    'TLS with an authority of our own, by address',
    () => ({ NATS_URL: urlOf('tls', 'tls', 'gate:secret@'), NATS_CA_FILE: caFile }),
  ],
  ['TLS because an authority is named', () => ({ NATS_URL: urlOf('tls', 'nats', 'gate:secret@'), NATS_CA_FILE: caFile })],
  ['credentials', () => ({ NATS_URL: urlOf('accounts'), NATS_CREDS_FILE: place('user.creds', account.newCreds()) })],
])('the bus is joined: %s', async (_, variables) => {
  expect(await answersItself(await joinBus(variables()))).toBe('over the bus');
});

test.each([
  [
    'a wrong password',
    () => ({ NATS_URL: urlOf('password', 'nats', 'gate:wrong@') }),
    'refused the login: mend NATS_URL or NATS_CREDS_FILE',
  ],
  ['no login', () => ({ NATS_URL: urlOf('password') }), 'refused the login'],
  [
    'an authority that nobody named',
    () => ({ NATS_URL: urlOf('tls', 'tls') }),
    'not trusted: name its authority in NATS_CA_FILE',
  ],
  ['another authority', () => ({ NATS_URL: urlOf('tls', 'tls'), NATS_CA_FILE: strangerFile }), 'not trusted: name its authority'],
  ['a certificate for another host', () => ({ NATS_URL: urlOf('elsewhere', 'tls'), NATS_CA_FILE: caFile }), 'for another name'],
  ['an expired certificate', () => ({ NATS_URL: urlOf('expired', 'tls'), NATS_CA_FILE: caFile }), 'has expired: renew it'],
  ['TLS at a server without', () => ({ NATS_URL: urlOf('plain', 'tls') }), 'speaks no TLS'],
  [
    'credentials of another account',
    () => ({ NATS_URL: urlOf('accounts'), NATS_CREDS_FILE: place('other.creds', makeNatsAccount().newCreds()) }),
    'refused the login',
  ],
])('the start ends at once with one line: %s', async (_, variables, line) => {
  const since = performance.now();
  const failure = await joinBus(variables()).catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: 'BootError', message: expect.stringContaining(line) });
  expect((failure as Error).message).not.toContain('wrong');
  expect(performance.now() - since).toBeLessThan(5_000);
});

test.each([
  ['NATS_CA_FILE', '/nowhere/ca.pem', 'NATS_CA_FILE cannot be read: ENOENT'],
  ['NATS_CREDS_FILE', caFile, 'has no "BEGIN NATS USER JWT"'],
])('%s that is no such file is listed with all other mistakes', async (name, path, line) => {
  await expect(joinBus({ NATS_URL: urlOf('plain'), [name]: path })).rejects.toMatchObject({
    name: 'EnvironmentError',
    problems: [expect.stringContaining(line)],
  });
});

test('credentials are read anew at each connection', async () => {
  const path = place('renewed.creds', account.newCreds());
  const transport = await joinBus({ NATS_URL: urlOf('accounts'), NATS_CREDS_FILE: path });
  const server = servers.get('accounts') as NatsServer;
  await server.kill();
  await expect.poll(() => transport.connected).toBe(false);
  writeFileSync(path, makeNatsAccount().newCreds());
  logLines.length = 0;
  await server.restart();
  await expect.poll(() => logLines.join(''), { timeout: 10_000 }).toMatch(/authoriz/i);
  expect(transport.connected).toBe(false);
  writeFileSync(path, account.newCreds());
  await expect.poll(() => transport.connected, { timeout: 10_000 }).toBe(true);
});

test('TOLLGATE_LARGE_BODIES_MAX_BYTES bounds what one process holds of long bodies', async () => {
  const serving = await joinBus({ NATS_URL: urlOf('plain'), TOLLGATE_LARGE_BODIES_MAX_BYTES: String(33 * 1024 * 1024) });
  const asking = await joinBus({ NATS_URL: urlOf('plain') });
  let served = 0;
  serving.serveStream('test.large', 'test', (stream) => {
    served += 1;
    stream.sendHead(new Uint8Array(0));
  });
  // The server has handled the subscription once it answers what came behind it on the same connection.
  await answersItself(serving);
  const opened: ClientStream[] = [];
  const open = (): Promise<'head' | StreamFailure['code']> =>
    new Promise((resolve) => {
      const opening = { headers: {}, meta: new Uint8Array(0), body: new Uint8Array(20 * 1024 * 1024), deadlineMs: 15_000 };
      const ignore = (): void => undefined;
      const stream = asking.openStream('test.large', opening, {
        onHead: () => resolve('head'),
        onData: ignore,
        onEnd: ignore,
        onError: ({ code }) => resolve(code),
      });
      opened.push(stream);
    });
  expect(await open()).toBe('head');
  expect(await open()).toBe('no_capacity');
  expect(served).toBe(1);
  for (const stream of opened) stream.cancel('the test is over');
});
