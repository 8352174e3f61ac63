import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { startTestPostgres } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DISTRIBUTED, lastLine, newFolder, processesIn, removeFolders, run, untilNothingRuns } from './start-up/run-product.ts';

const busy = createServer();
let busyPort = '';
beforeAll(async () => {
  await once(busy.listen(0, '127.0.0.1'), 'listening');
  busyPort = String((busy.address() as AddressInfo).port);
});
afterAll(() => {
  busy.close();
  removeFolders();
});

const noDatabaseIn = (folder: string): boolean => !existsSync(join(folder, '.tollgate', 'postgres'));

test('a busy port is one line, before any database is made', async () => {
  const cwd = newFolder();
  const start = run({ cwd, env: { PORT: busyPort } });
  expect(await start.ended).toEqual({ code: 1, signal: null });
  expect(lastLine(start)).toBe(
    `tollgate: Port ${busyPort} on 127.0.0.1 is taken: stop what uses it, or choose another one with PORT.`,
  );
  expect(start.stdout()).toBe('');
  expect(noDatabaseIn(cwd)).toBe(true);
  expect(processesIn(cwd)).toEqual([]);
});

test('all mistakes are listed at once, each with what to do', async () => {
  const cwd = newFolder();
  writeFileSync(join(cwd, 'tollgate.yaml'), 'version: 1\nproviders:\n  own: {}\nroutes: {}\nroutes: {}\n');
  const env = { PORT: busyPort, LOG_LEVEL: 'loud', TOLLGATE_ROLES: 'router,kitchen', TOLLGATE_DRAIN_GRACE_MS: 'long' };
  const start = run({ cwd, env });
  expect((await start.ended).code).toBe(2);
  const lines = start.stderr().split('\n');
  const told = lines.filter((line) => line.startsWith('  - ')).map((line) => line.slice(4));
  expect(lines).toContain('tollgate: 5 things keep this from starting:');
  expect(told[0]).toMatch(/^TOLLGATE_ROLES "router,kitchen" is not usable: expected all, or names/);
  expect(told[1]).toMatch(/^LOG_LEVEL "loud" is not usable: expected one of/);
  expect(told[2]).toMatch(/^TOLLGATE_DRAIN_GRACE_MS "long" is not usable: expected a whole number/);
  expect(told[3]).toBe(`${join(cwd, 'tollgate.yaml')}:5:1: this field is there already: keep one`);
  expect(told[4]).toMatch(/^Port \d+ on 127.0.0.1 is taken/);
  expect(told).toHaveLength(5);
  expect(noDatabaseIn(cwd)).toBe(true);
});

test('a folder that cannot be made is one line', async () => {
  const cwd = newFolder();
  writeFileSync(join(cwd, 'file'), '');
  const start = run({ cwd, env: { TOLLGATE_DATA_DIR: join(cwd, 'file', 'data') } });
  expect((await start.ended).code).toBe(2);
  expect(lastLine(start)).toBe(
    `tollgate: ${join(cwd, 'file', 'data')} is no folder: move it away or name another one in TOLLGATE_DATA_DIR.`,
  );
});

test.runIf(process.getuid?.() === 0)('a folder that an ordinary user may not write is one line', async () => {
  const cwd = newFolder();
  const start = run({ cwd, uid: 65_534 });
  expect((await start.ended).code).toBe(2);
  expect(lastLine(start)).toBe(
    `tollgate: The folder ${join(cwd, '.tollgate')} cannot be written (EACCES): make it writable or name another one in TOLLGATE_DATA_DIR.`,
  );
});

test('a wrong DATABASE_URL is one line, soon, without the password', async () => {
  const postgres = await startTestPostgres();
  try {
    const urlWith = (change: (url: URL) => void): string => {
      const url = new URL(postgres.url);
      url.password = url.password || 'canary-password';
      change(url);
      return url.href;
    };
    const cases = [
      [urlWith((url) => Object.assign(url, { pathname: '/nowhere' })), / has no database "nowhere": create it/],
      [urlWith((url) => Object.assign(url, { hostname: 'nowhere.invalid' })), / is out of reach at nowhere\.invalid:\d+ \(/],
      [urlWith((url) => Object.assign(url, { port: '1' })), / is out of reach at [\w.]+:1 \(ECONNREFUSED\): start it or mend/],
      ['mysql://user:canary-password@host/x', /^tollgate: DATABASE_URL is not usable: expected a URL that starts with postgres:/],
    ] as const;
    const runs = cases.map(([url, expected]) => ({
      expected,
      start: run({ cwd: newFolder(), env: { DATABASE_URL: url, TOLLGATE_DATABASE_WAIT_MS: '600' } }),
    }));
    for (const { start, expected } of runs) {
      expect((await start.ended).code).not.toBe(0);
      expect(lastLine(start)).toMatch(expected);
      expect(
        start
          .stderr()
          .split('\n')
          .filter((line) => line.startsWith('tollgate: ')),
      ).toHaveLength(1);
      // A progress line or two, and no log lines.
      expect(start.stderr()).not.toContain('{');
      expect(start.stderr()).not.toContain('canary-password');
    }
    expect(runs[2]?.start.stderr()).toContain('waiting up to 0.6 s for Postgres');
  } finally {
    await postgres.destroy();
  }
});

test('the example in a message is shown whole', async () => {
  const start = run({
    script: DISTRIBUTED.replace('standalone/dist/distributed', 'auth/dist'),
    cwd: newFolder(),
    env: { NATS_URL: 'nats://127.0.0.1:1' },
  });
  expect((await start.ended).code).toBe(2);
  expect(start.stderr()).toContain('DATABASE_URL is missing: auth needs Postgres: postgres://user:password@host:port/database');
});

test('start:distributed tells a busy port and a wrong variable at once, and leaves nothing behind', async () => {
  const cwd = newFolder();
  const port = run({ script: DISTRIBUTED, cwd, env: { PORT: busyPort } });
  expect((await port.ended).code).toBe(1);
  expect(lastLine(port)).toMatch(/^tollgate: Port \d+ on 127.0.0.1 is taken/);
  writeFileSync(join(cwd, 'tollgate.yaml'), 'version: 3\n');
  const both = run({ script: DISTRIBUTED, cwd, env: { LOG_LEVEL: 'loud' } });
  expect((await both.ended).code).toBe(2);
  expect(both.stderr()).toContain('tollgate.yaml:1:1: version: this build reads version 1 only');
  expect(both.stderr()).toContain('LOG_LEVEL "loud" is not usable');
  expect(noDatabaseIn(cwd)).toBe(true);
  await untilNothingRuns(cwd);
});
