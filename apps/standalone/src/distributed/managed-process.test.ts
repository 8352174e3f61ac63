import { expect, test } from 'vitest';
import { environmentOf } from './environment-of.js';
import { ManagedProcess, type ProcessPlan } from './managed-process.js';
import { parseFlags } from './parse-flags.js';

const plan = (script: string): ProcessPlan => ({
  name: 'thing-1',
  file: process.execPath,
  args: ['-e', script],
  env: { PATH: process.env['PATH'] },
  link: 'ipc',
});
const UP = `process.send({ type: 'up', url: 'http://x', metricsUrl: null }); setInterval(() => {}, 1000);`;

test('a process that dies is reported and started again; a stopped one is not', async () => {
  const restarts: string[] = [];
  const managed = new ManagedProcess(plan(UP), {
    onChange: () => undefined,
    onRestart: (name, how) => restarts.push(`${name} ${how}`),
  });
  await managed.start();
  const first = managed.pid as number;
  process.kill(first, 'SIGKILL');
  await expect.poll(() => managed.up !== null && managed.pid !== first, { timeout: 5_000 }).toBe(true);
  expect(restarts).toEqual(['thing-1 by SIGKILL']);
  await managed.stop(1_000);
  expect(managed.pid).toBeNull();
  expect(restarts).toHaveLength(1);
});

test('a process that ends before it was up fails the start and is left alone', async () => {
  const managed = new ManagedProcess(plan('process.exit(2)'), { onChange: () => undefined, onRestart: () => undefined });
  await expect(managed.start()).rejects.toThrow('thing-1 ended with code 2 before it was up');
});

test('counts come from flags; a data plane takes the place of router and adapters', () => {
  expect(parseFlags([])).toEqual({ auth: 1, catalog: 1, router: 1, 'provider-adapters': 1, analytics: 1, 'data-plane': 0 });
  expect(parseFlags(['--router=3'])).toMatchObject({ router: 3 });
  expect(parseFlags(['--data-plane=2'])).toMatchObject({ router: 0, 'provider-adapters': 0, 'data-plane': 2 });
  expect(() => parseFlags(['--router=many'])).toThrow('--router=many');
  expect(() => parseFlags(['--rooter=1'])).toThrow(/rooter/);
});

test('each process gets the secrets of its own services and no others', () => {
  const places = {
    natsUrl: 'nats://n',
    databaseUrl: 'postgres://d',
    tokenPepper: 'pepper',
    sealingKey: 'sealing',
    auditKey: 'audit',
  };
  const given = {
    OPENAI_API_KEY: 'sk-1',
    TOLLGATE_SEALING_KEY: 'other',
    TOLLGATE_SEALING_KEY_FILE: '/x',
    DATABASE_URL: 'postgres://given',
    PATH: '/bin',
    OTEL_SERVICE_NAME: 'x',
  };
  const router = environmentOf(['router'], places, given);
  expect(router).toEqual({
    TRUSTED_PROXIES: 'loopback',
    PATH: '/bin',
    OTEL_SERVICE_NAME: 'x',
    NATS_URL: 'nats://n',
    TOLLGATE_TOKEN_PEPPER: 'pepper',
  });
  const auth = environmentOf(['auth'], places, given);
  expect(auth).toEqual({ ...router, DATABASE_URL: 'postgres://d', TOLLGATE_AUDIT_KEY: 'audit' });
  const adapters = environmentOf(['provider-adapters'], places, given);
  expect(adapters).toEqual({
    TRUSTED_PROXIES: 'loopback',
    PATH: '/bin',
    OTEL_SERVICE_NAME: 'x',
    NATS_URL: 'nats://n',
    OPENAI_API_KEY: 'sk-1',
    TOLLGATE_SEALING_KEY: 'sealing',
  });
});
