import { SUBJECTS } from '@tollgate/contracts';
import { createDataSource, type DataSourceSettings, runMigrations } from '@tollgate/database';
import { startTestPostgres, type TestPostgres, waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStallingProxy } from '../testing/stalling-proxy.js';
import { databaseOfAuth, type RunningAuth, startAuth } from '../testing/start-auth.js';

let postgres: TestPostgres;
let auth: RunningAuth;
beforeAll(async () => {
  postgres = await startTestPostgres();
  const { schema, migrations } = databaseOfAuth();
  const settings = { url: postgres.url, schema, entities: [], poolSize: 1, applicationName: 'test' };
  await runMigrations(createDataSource({ ...settings, migrations: migrations as DataSourceSettings['migrations'] }));
  auth = await startAuth({ url: postgres.url });
});
afterAll(async () => {
  await auth.close();
  await postgres.destroy();
});

const QUESTIONS: [string, object][] = [
  [SUBJECTS.tokenResolve, { publicId: '000000000000' }],
  [SUBJECTS.feedRead, { after: 0 }],
  [
    SUBJECTS.quotaLease,
    { v: 1, holder: 'r1', leases: [{ bucket: 'b', rate: { limit: 5, periodMs: 1_000, burst: 5 }, want: 1, finished: [] }] },
  ],
];

/** Status and time of each question, all asked at once and several times over. */
async function askAll(): Promise<{ readonly status: string; readonly ms: number }[]> {
  return Promise.all(
    Array.from({ length: 5 }, () => QUESTIONS)
      .flat()
      .map(async ([subject, message]) => {
        const started = performance.now();
        const { status } = await auth.ask<{ status: string }>(subject, message);
        return { status, ms: performance.now() - started };
      }),
  );
}

const backToNormal = () => waitFor(async () => (await askAll()).every(({ status }) => status !== 'stale'), { timeoutMs: 10_000 });

test('Postgres stopped: every question is answered stale within a second, and well again when it is back', async () => {
  await backToNormal();
  await postgres.kill();
  // Backends outlive a killed postmaster until they look up from their work, and what they answer until then is true.
  await waitFor(async () => (await askAll()).every(({ status }) => status === 'stale'), { timeoutMs: 5_000 });
  for (let round = 0; round < 3; round += 1) {
    for (const { status, ms } of await askAll()) {
      expect(status).toBe('stale');
      expect(ms).toBeLessThan(1_000);
    }
  }
  const refused = await auth.call<{ code: string }>('GET', '/api/v1/tokens');
  expect([refused.status, refused.body.code]).toEqual([503, 'token_unverifiable']);
  await waitFor(() => auth.handle.readiness.report().checks['feed']?.ready === false, { timeoutMs: 6_000 });
  await postgres.start();
  await backToNormal();
  await waitFor(() => auth.handle.readiness.report().checks['feed']?.ready === true, { timeoutMs: 6_000 });
  expect((await auth.call('GET', '/api/v1/tokens')).status).toBe(200);
});

test('a lock that is not let go: stale within a second, the rest goes on', async () => {
  const runner = auth.dataSource.createQueryRunner();
  await runner.startTransaction();
  await runner.query('LOCK TABLE auth.quota_buckets IN ACCESS EXCLUSIVE MODE');
  const started = performance.now();
  const [subject, message] = QUESTIONS[2] as [string, object];
  expect(await auth.ask(subject, message)).toEqual({ status: 'stale' });
  expect(performance.now() - started).toBeLessThan(1_000);
  await runner.rollbackTransaction();
  await runner.release();
  await backToNormal();
});

test('a network that swallows everything: stale within a second, and well again when it lets through', async () => {
  const proxy = await startStallingProxy(postgres.url);
  await auth.dataSource.query('TRUNCATE auth.organisations CASCADE');
  const behind = await startAuth({ url: proxy.url });
  try {
    const ask = async () => {
      const started = performance.now();
      const { status } = await behind.ask<{ status: string }>(SUBJECTS.tokenResolve, { publicId: '000000000000' });
      return { status, ms: performance.now() - started };
    };
    await waitFor(async () => (await ask()).status === 'unknown');
    proxy.stall();
    for (let round = 0; round < 10; round += 1) {
      const { status, ms } = await ask();
      expect(status).toBe('stale');
      expect(ms).toBeLessThan(1_000);
    }
    proxy.resume();
    await waitFor(async () => (await ask()).status === 'unknown', { timeoutMs: 5_000 });
  } finally {
    proxy.resume();
    await behind.close();
    await proxy.close();
  }
});
