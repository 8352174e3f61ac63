import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDataSource, describeDatabaseFailure, reachDatabase } from '@tollgate/database';
import { makeAuthority, makeCertificate, startTestPostgres, type TestPostgres } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'tollgate-pg-tls-'));
// Postgres may run as another user.
chmodSync(folder, 0o755);
const authority = makeAuthority();
const place = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const caFile = place('ca.pem', authority.certificate);
const strangerFile = place('stranger.pem', makeAuthority().certificate);

const dataSourceAt = (url: string) =>
  createDataSource({ url, schema: 'tls', entities: [], migrations: [], poolSize: 1, applicationName: 'test' });

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(async () => {
  await postgres.destroy();
  rmSync(folder, { recursive: true });
});

/** Runs statements over an unencrypted connection. */
async function run(...statements: readonly string[]): Promise<readonly Record<string, string>[]> {
  const source = await dataSourceAt(postgres.url).initialize();
  try {
    let rows: readonly Record<string, string>[] = [];
    for (const statement of statements) rows = await source.query(statement);
    return rows;
  } finally {
    await source.destroy();
  }
}

/** From now on new connections may ask for TLS, and are shown a certificate for these hosts. */
async function showCertificate(hosts: readonly string[]): Promise<void> {
  const [row] = await run('SELECT pg_backend_pid() AS pid');
  const { uid, gid } = statSync(`/proc/${row?.['pid']}`);
  const pair = makeCertificate({ hosts, authority });
  const files = { ssl_cert_file: place('server.pem', pair.certificate), ssl_key_file: place('server.key', pair.key) };
  for (const path of Object.values(files)) {
    // Postgres takes no key that others can read.
    chmodSync(path, 0o600);
    chownSync(path, uid, gid);
  }
  const settings = Object.entries(files).map(([name, path]) => `ALTER SYSTEM SET ${name} = '${path}'`);
  await run(...settings, 'ALTER SYSTEM SET ssl = on', 'SELECT pg_reload_conf()');
}

const urlWith = (query: string, hostname = '127.0.0.1'): string => {
  const url = new URL(postgres.url);
  url.hostname = hostname;
  url.search = query;
  return url.href;
};
/** Whether the connection is encrypted, or the line that an operator reads. */
async function reached(url: string): Promise<boolean | string> {
  try {
    await reachDatabase(url);
    const source = await dataSourceAt(url).initialize();
    const [row] = await source.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    await source.destroy();
    return row.ssl;
  } catch (error) {
    return describeDatabaseFailure(error, url);
  }
}

test('a Postgres without TLS is not spoken to in the clear where sslmode asks for it', async () => {
  expect(await reached(urlWith('sslmode=require'))).toContain('speaks no TLS: switch it on there (ssl = on)');
  expect(await reached(urlWith('sslmode=disable'))).toBe(false);
});

test('certificate and host are verified by whatever sslmode, but by no-verify', async () => {
  await showCertificate(['127.0.0.1', 'localhost']);
  const ca = `sslrootcert=${encodeURIComponent(caFile)}`;
  await expect.poll(() => reached(urlWith(`sslmode=verify-full&${ca}`))).toBe(true);
  expect(await reached(urlWith(`sslmode=verify-full&${ca}`, 'localhost'))).toBe(true);
  expect(await reached(urlWith(`sslmode=require&${ca}`))).toBe(true);
  expect(await reached(urlWith(ca))).toBe(true);
  expect(await reached(urlWith('sslmode=no-verify'))).toBe(true);
  expect(await reached(urlWith(''))).toBe(false);
  for (const query of ['sslmode=require', 'sslmode=verify-full', `sslmode=verify-full&sslrootcert=${strangerFile}`, 'ssl=true']) {
    expect(await reached(urlWith(query))).toContain('shows a certificate that is not trusted');
  }
});

test('a certificate for another host is refused, also one for localhost where the URL has an address', async () => {
  await showCertificate(['localhost']);
  const query = `sslmode=verify-full&sslrootcert=${encodeURIComponent(caFile)}`;
  await expect.poll(() => reached(urlWith(query))).toContain('shows a certificate that is not trusted');
  expect(await reached(urlWith(query, 'localhost'))).toBe(true);
});

test('a file that cannot be read is one line', async () => {
  const line = await reached(urlWith('sslmode=verify-full&sslrootcert=/nowhere/ca.pem'));
  expect(line).toMatch(/^A file that DATABASE_URL names cannot be read \(ENOENT.*\/nowhere\/ca\.pem'\): mend sslrootcert/);
});
