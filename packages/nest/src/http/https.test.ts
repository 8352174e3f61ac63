import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { EnvironmentError } from '@tollgate/kernel';
import { makeAuthority, makeCertificate, type TestCertificate } from '@tollgate/testing';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { createReadiness } from '../create-readiness.js';
import { systemClock } from '../index.js';
import { bearer, boot, logger, logLines } from '../testing/thing-service.js';
import { FrontServer } from './front-server.js';
import { readTls, type TlsMaterial } from './read-tls.js';
import { watchTls } from './watch-tls.js';

const folder = mkdtempSync(join(tmpdir(), 'tollgate-tls-'));
const files = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
const variables = { TLS_CERT_FILE: files.certificate, TLS_KEY_FILE: files.key };
const authority = makeAuthority();
const hosts = ['127.0.0.1', 'localhost'];
const write = ({ certificate, key }: TestCertificate): void => {
  writeFileSync(files.certificate, certificate + authority.certificate);
  writeFileSync(files.key, key);
};

beforeEach(() => {
  write(makeCertificate({ hosts, authority }));
  logLines.length = 0;
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Serial number of the certificate that was shown. */
  readonly serial: string;
}

function get(url: string, options: { agent?: Agent; headers?: Record<string, string> } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, { ca: authority.certificate, agent: false, ...options }, (response) => {
      const serial = (response.socket as TLSSocket).getPeerCertificate().serialNumber;
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body, serial }));
    });
    request.once('error', reject);
    request.end();
  });
}

/** Rejects with what the handshake ended with. */
async function shakeHands(url: string, options: ConnectionOptions): Promise<TLSSocket> {
  const { port } = new URL(url);
  const socket = tlsConnect({ port: Number(port), host: '127.0.0.1', ca: authority.certificate, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

test('with certificate and key all paths are served over HTTPS, and browsers are told to stay with it', async () => {
  const { url } = await boot(
    {
      dataPlane: () => (request, response) => {
        if (!request.url?.startsWith('/v1/')) return false;
        response.end('from the data plane');
        return true;
      },
    },
    variables,
  );
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  expect((await get(`${url}/v1/models`)).body).toBe('from the data plane');
  expect((await get(`${url}/readyz`)).status).toBe(200);
  const answer = await get(`${url}/api/v1/things`, { headers: bearer });
  expect(answer.status).toBe(200);
  expect(answer.headers['strict-transport-security']).toBe('max-age=31536000');
});

test.each([['TLSv1.2'], ['TLSv1.3']] as const)('%s is spoken, and HTTP/1.1 on it', async (version) => {
  const { url } = await boot({}, variables);
  const socket = await shakeHands(url, { minVersion: version, maxVersion: version, ALPNProtocols: ['h2', 'http/1.1'] });
  expect([socket.getProtocol(), socket.alpnProtocol]).toEqual([version, 'http/1.1']);
  socket.destroy();
});

test.each([
  ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }],
  ['a cipher without forward secrecy', { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }],
  ['a cipher with CBC', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }],
  ['a client that only speaks HTTP/2', { ALPNProtocols: ['h2'] }],
] as const)('%s is refused in the handshake', async (_, options) => {
  const { url } = await boot({}, variables);
  const { ALPNProtocols, ...rest } = options as ConnectionOptions;
  const failure = shakeHands(url, { ...rest, ...(ALPNProtocols && { ALPNProtocols: [...(ALPNProtocols as string[])] }) });
  await expect(failure).rejects.toThrow(/alert|version|handshake/i);
  expect((await get(`${url}/healthz`)).status).toBe(200);
});

test('plain HTTP at the port of HTTPS is cut, and the process goes on', async () => {
  const { url } = await boot({}, variables);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('GET /api/v1/things HTTP/1.1\r\nhost: x\r\n\r\n');
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  expect(Buffer.concat(received).toString('latin1')).not.toContain('200');
  expect((await get(`${url}/healthz`)).status).toBe(200);
});

const newFront = (tls: TlsMaterial): FrontServer =>
  new FrontServer({ health: { readiness: createReadiness(), version: {} }, logger, newRequestId: () => 'req_1', tls });

test('a renewed certificate is shown to new connections, one that is open goes on; a broken one changes nothing but the log', async () => {
  const material = readTls(files, (path) => readFileSync(path, 'utf8')) as TlsMaterial;
  const front = newFront(material);
  const { port } = await front.listen(0, '127.0.0.1');
  const use = (next: TlsMaterial): void => front.renewTls(next);
  const watch = watchTls({ files, current: material, clock: systemClock, logger, lookMs: 10, use });
  const kept = new Agent({ keepAlive: true, maxSockets: 1, ca: authority.certificate });
  const url = `https://127.0.0.1:${port}/healthz`;
  try {
    const before = await get(url, { agent: kept });
    const messages = (): string => logLines.join('');
    const renewed = makeCertificate({ hosts, authority });

    writeFileSync(files.key, renewed.key);
    await expect.poll(messages).toContain('is not the key of the certificate');
    expect((await get(url)).serial).toBe(before.serial);
    expect(messages().match(/the last good one stays/g)).toHaveLength(1);

    writeFileSync(files.certificate, 'nonsense');
    await expect.poll(messages).toContain('holds no certificate');
    expect((await get(url)).serial).toBe(before.serial);

    write(renewed);
    await expect.poll(messages).toContain('a renewed certificate is in use');
    expect((await get(url)).serial).not.toBe(before.serial);
    expect((await get(url, { agent: kept })).serial).toBe(before.serial);
    expect(messages()).not.toContain('PRIVATE KEY');
  } finally {
    kept.destroy();
    watch.stop();
    await front.drain(0);
  }
});

test('what keeps HTTPS from starting is listed with all else', async () => {
  writeFileSync(files.key, makeCertificate({ hosts }).key);
  const failure = boot({}, { ...variables, LOG_LEVEL: 'loud' });
  await expect(failure).rejects.toThrow(EnvironmentError);
  await expect(boot({}, variables)).rejects.toThrow(/TLS_KEY_FILE .* is not the key of the certificate/);
  await expect(boot({}, { TLS_CERT_FILE: files.certificate })).rejects.toThrow('TLS_KEY_FILE is missing');
  await expect(boot({}, { TLS_KEY_FILE: files.key })).rejects.toThrow('TLS_CERT_FILE is missing');
  await expect(boot({}, { ...variables, TLS_CERT_FILE: join(folder, 'none') })).rejects.toThrow(
    'TLS_CERT_FILE cannot be read: ENOENT',
  );
});

test('an expired certificate starts, and the log says that callers refuse it', async () => {
  write(makeCertificate({ hosts, authority, validUntil: new Date(Date.now() - 60_000) }));
  const { url } = await boot({}, variables);
  expect(logLines.join('')).toContain('the certificate has expired');
  await expect(get(`${url}/healthz`)).rejects.toThrow('certificate has expired');
});

test('a connection without a request, or in the middle of its handshake, does not hold the drain', async () => {
  const handle = await boot({}, { ...variables, TOLLGATE_DRAIN_GRACE_MS: '300' });
  const idle = await shakeHands(handle.url, {});
  const half = connect(Number(new URL(handle.url).port), '127.0.0.1');
  await once(half, 'connect');
  half.write(Buffer.from('160301', 'hex'));
  for (const socket of [idle, half]) socket.on('error', () => undefined);
  const closed = Promise.all([once(idle, 'close'), once(half, 'close')]);
  idle.resume();
  half.resume();
  const since = performance.now();
  await handle.close();
  await closed;
  expect(performance.now() - since).toBeLessThan(2_000);
});
