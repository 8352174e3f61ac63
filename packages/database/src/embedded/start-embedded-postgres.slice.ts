import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, expect, test, vi } from 'vitest';
import { prepareBinaries } from './binaries.js';
import { tryPort } from './free-port.js';
import { planLaunch } from './launch.js';
import { startMarkOf } from './process-identity.js';
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './start-embedded-postgres.js';
import { systemUserFor } from './system-user.js';

const PASSWORD = 'p@ss/word: ü';
const folders: string[] = [];
const running: EmbeddedPostgres[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((instance) => instance.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Below a folder that nobody but its owner may pass, as a checkout in root's home is. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-embedded-'));
  chmodSync(folder, 0o700);
  folders.push(folder);
  return join(folder, 'postgres');
}

async function start(dataDir: string, more: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const instance = await startEmbeddedPostgres({ dataDir, password: PASSWORD, ...more });
  running.push(instance);
  return instance;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

test('a second start finds the data and the port of the first', async () => {
  const dataDir = newFolder();
  const first = await start(dataDir);
  await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
  await first.stop();
  await first.stop();
  const second = await start(dataDir);
  expect(second.url).toBe(first.url);
  expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  expect(await query(second.url, "SELECT current_setting('fsync') f, current_setting('listen_addresses') l")).toEqual([
    { f: 'on', l: '127.0.0.1' },
  ]);
  expect(statSync(join(dataDir, 'data')).mode & 0o777).toBe(0o700);
  expect(statSync(join(dataDir, 'instance.json')).mode & 0o077).toBe(0);
});

test('another port is taken where the remembered one is busy, and a fixed busy one is refused', async () => {
  const dataDir = newFolder();
  const first = await start(dataDir);
  await first.stop();
  const squatter = createServer().listen(first.port, '127.0.0.1');
  await once(squatter, 'listening');
  const second = await start(dataDir);
  expect(second.port).not.toBe(first.port);
  await second.stop();
  await expect(start(dataDir, { port: first.port })).rejects.toThrow(`Port ${first.port} is taken`);
  squatter.close();
});

test('a start after SIGKILL of the server recovers what was committed', async () => {
  const dataDir = newFolder();
  const first = await start(dataDir);
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS n');
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  expect(existsSync(join(dataDir, 'data', 'postmaster.pid'))).toBe(true);
  const second = await start(dataDir);
  expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
});

test('a start at once after SIGKILL of a busy server waits for its children', async () => {
  const dataDir = newFolder();
  let current = await start(dataDir);
  for (let kill = 0; kill < 2; kill += 1) {
    const busy = Array.from({ length: 3 }, () => query(current.url, 'SELECT count(*) FROM generate_series(1, 1000000000)'));
    const ended = Promise.allSettled(busy);
    await vi.waitFor(async () => {
      const [row] = await query(current.url, "SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE '%generate%'");
      expect(row?.['n']).toBeGreaterThan(3);
    });
    process.kill(current.pid, 'SIGKILL');
    await current.exited;
    current = await start(dataDir, { port: current.port });
    expect(await query(current.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await ended;
  }
}, 60_000);

test('a postmaster.pid that names a process of somebody else does not block the start', async () => {
  const dataDir = newFolder();
  await (await start(dataDir)).stop();
  writeFileSync(
    join(dataDir, 'data', 'postmaster.pid'),
    `${process.ppid}\n${join(dataDir, 'data')}\n1\n5432\n\n127.0.0.1\n0 0\nready\n`,
  );
  const second = await start(dataDir);
  expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('the server ends when the process that started it is killed', async () => {
  const dataDir = newFolder();
  await (await start(dataDir)).stop();
  const dataPath = join(dataDir, 'data');
  const user = systemUserFor(dataPath);
  const port = (await tryPort(0)) ?? 0;
  const plan = planLaunch({ binaries: prepareBinaries(user, undefined), user, dataPath, logPath: '', port, settings: {} });
  const parent = spawn(process.execPath, [
    '-e',
    `const c = require('node:child_process').spawn(${JSON.stringify(plan.file)}, ${JSON.stringify(plan.args)},
       { ...${JSON.stringify(plan.options)}, stdio: ['pipe', 'ignore', 'ignore'], detached: true }); setInterval(() => {}, 1000);`,
  ]);
  const pidPath = join(dataPath, 'postmaster.pid');
  await vi.waitFor(() => expect(readFileSync(pidPath, 'utf8')).toContain('ready'), { timeout: 10_000 });
  const server = Number.parseInt(readFileSync(pidPath, 'utf8'), 10);
  expect(startMarkOf(server)).not.toBeNull();
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await vi.waitFor(() => expect(startMarkOf(server)).toBeNull(), { timeout: 10_000 });
});

test('a second start on a folder in use is refused while its owner lives, and takes over where the owner is gone', async () => {
  const dataDir = newFolder();
  const first = await start(dataDir);
  const state = join(dataDir, 'instance.json');
  const mark = startMarkOf(process.ppid);
  writeFileSync(state, JSON.stringify({ port: first.port, pid: process.ppid, startMark: mark }));
  await expect(start(dataDir)).rejects.toThrow(`in use by process ${process.ppid}`);
  writeFileSync(state, JSON.stringify({ port: first.port, pid: process.ppid, startMark: 'another start' }));
  const second = await start(dataDir);
  await first.exited;
  expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('what is wrong is said in a line: password, strange folder, other major version', async () => {
  const dataDir = newFolder();
  await (await start(dataDir)).stop();
  await expect(start(dataDir, { password: 'other' })).rejects.toThrow('The password does not fit the database');
  writeFileSync(join(dataDir, 'data', 'PG_VERSION'), '17\n');
  await expect(start(dataDir)).rejects.toThrow('belongs to Postgres 17');
  rmSync(join(dataDir, 'data', 'PG_VERSION'));
  await expect(start(dataDir)).rejects.toThrow('holds files but no database');
});

test.skipIf(process.getuid?.() !== 0)('an ordinary user runs the same binaries', () => {
  const user = systemUserFor('/nowhere');
  expect(user?.uid).not.toBe(0);
  const { folder } = prepareBinaries(user, undefined);
  const run = spawnSync(join(folder, 'bin', 'postgres'), ['--version'], { uid: user?.uid, gid: user?.gid, encoding: 'utf8' });
  expect(run.stdout).toContain('18.');
});
