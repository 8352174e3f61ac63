import { isConnectionError } from '@tollgate/database';
import { startTestPostgres, type TestPostgres } from '@tollgate/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { expectedRollups, FIXED_CLOCK, openDataSource, readAll, readRollups } from '../ledger/ledger.fixture.js';
import { NOON, newAttempt, newRecord, newReport, newRequestId, tokens } from '../ledger/usage.fixture.js';
import { startTestService, type TestService } from '../service.fixture.js';

const DAY_MS = 86_400_000;
let postgres: TestPostgres;
let service: TestService;
let dataSource: DataSource;

beforeAll(async () => {
  postgres = await startTestPostgres();
  service = await startTestService(postgres.url, FIXED_CLOCK);
  dataSource = await openDataSource(postgres.url);
});
afterAll(async () => {
  await dataSource?.destroy();
  await service?.close();
  await postgres?.destroy();
});

async function expectRollupsToFit(): Promise<void> {
  expect(await readRollups(dataSource)).toEqual(await expectedRollups(dataSource));
}
const stored = async (id: string): Promise<unknown> => (await readAll(dataSource)).find((row) => row.id === id);

test('what is no record is named, and the rest of its batch is stored', async () => {
  const good = newRecord();
  const old = newRecord({ id: newRequestId(NOON - 500 * DAY_MS) });
  const negative = newRecord({ usage: { ...tokens(1, 1), input: -1 } });
  const longToken = newRecord({ tokenId: 't'.repeat(5_000) });
  const lines = [
    JSON.stringify({ ...newRecord(), id: 'req_short' }),
    'not json at all',
    '[]',
    JSON.stringify(old),
    JSON.stringify(good),
    JSON.stringify(negative),
    '{"__proto__":{"id":"req_x"}}',
    JSON.stringify(longToken),
  ];
  const answer = await service.sendLines(lines.join('\n'));
  expect(answer.committed).toBe(1);
  expect(answer.rejected.map(({ id, reason }) => [id, reason.split(':')[0]])).toEqual([
    ['req_short', 'id'],
    ['', 'not JSON'],
    ['', ''],
    [old.id, 'id'],
    [negative.id, 'usage.input'],
    ['', 'v'],
    [longToken.id, 'tokenId'],
  ]);
  expect(await stored(good.id)).toBeDefined();
});

test('texts that Postgres does not know are stored with a replacement', async () => {
  const record = newRecord({ model: 'nul\0 and \ud800 half', metadata: { 'k\0': '\udfff' } });
  expect(await service.settle([record])).toEqual({ committed: 1, rejected: [] });
  expect(await stored(record.id)).toMatchObject({ model: 'nul\ufffd and \ufffd half', metadata: { 'k\ufffd': '\ufffd' } });
});

test('a record that only Postgres refuses is found among others and named', async () => {
  const records = Array.from({ length: 20 }, () => newRecord());
  const poison = newRecord({ status: 2 ** 40 });
  const batches = [records.slice(0, 10), [...records.slice(10), poison], [newRecord()]];
  const answers = await Promise.all(batches.map((batch) => service.settle(batch)));
  expect(answers.map(({ committed }) => committed)).toEqual([10, 10, 1]);
  expect(answers.flatMap(({ rejected }) => rejected)).toEqual([{ id: poison.id, reason: 'Postgres refuses it (22003)' }]);
  expect(await stored(records[19]?.id ?? '')).toBeDefined();
  await expectRollupsToFit();
});

test('a day without a partition gets one, from many batches at once', async () => {
  const odd = [NOON - 399 * DAY_MS, NOON - 17 * DAY_MS, NOON + 30 * DAY_MS, Date.parse('2026-02-28T23:59:59.999Z')];
  const answers = await Promise.all([...odd, ...odd].map((at) => service.settle([newRecord({ id: newRequestId(at) })])));
  expect(answers.every(({ committed }) => committed === 1)).toBe(true);
  await expectRollupsToFit();
});

test('a partition that another process has dropped is made again', async () => {
  const at = NOON - 100 * DAY_MS;
  await service.settle([newRecord({ id: newRequestId(at) })]);
  await dataSource.query(`DROP TABLE analytics.usage_records_${new Date(at).toISOString().slice(0, 10).replaceAll('-', '')}`);
  const record = newRecord({ id: newRequestId(at) });
  expect(await service.settle([record])).toEqual({ committed: 1, rejected: [] });
  expect(await stored(record.id)).toBeDefined();
  await dataSource.query('TRUNCATE analytics.usage_records, analytics.usage_hourly, analytics.usage_daily');
});

test('a report before and after its settlement is merged; one of no call is kept', async () => {
  const make = () =>
    newRecord({ outcome: 'interrupted', status: 0, attempts: [newAttempt({ basis: 'estimated', usage: tokens(999, 0) })] });
  const [early, late] = [make(), make()];
  expect(await service.report(newReport(early.id))).toEqual({ committed: 1, rejected: [] });
  await service.settle([early, late]);
  await service.report(newReport(late.id));
  await service.report(newReport(newRequestId()));
  for (const { id } of [early, late]) expect(await stored(id)).toMatchObject({ basis: 'reported', input_tokens: '110' });
  expect((await service.report({ ...newReport('nonsense') })).rejected).toEqual([
    { id: 'nonsense', reason: 'id: not a request id' },
  ]);
  await expectRollupsToFit();
});

test('Postgres killed in the middle of batches: what is sent again is there exactly once', async () => {
  await dataSource.query('TRUNCATE analytics.usage_records, analytics.usage_hourly, analytics.usage_daily');
  const batches = Array.from({ length: 60 }, (_, batch) =>
    Array.from({ length: 40 }, () => newRecord({ tokenId: `tok_${batch % 5}` })),
  );
  let acknowledged = 0;
  let failures = 0;
  const deliver = async (batch: (typeof batches)[number]): Promise<void> => {
    for (;;) {
      try {
        const { committed } = await service.settle(batch);
        acknowledged += committed;
        return;
      } catch {
        failures += 1;
        await vi.waitFor(() => openDataSource(postgres.url).then((probe) => probe.destroy()), { timeout: 20_000, interval: 50 });
      }
    }
  };
  const deliveries = batches.map((batch) => deliver(batch));
  for (let kill = 0; kill < 3; kill += 1) {
    await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(kill * 400), { timeout: 20_000, interval: 1 });
    await postgres.kill();
    await postgres.start();
  }
  await Promise.all(deliveries);
  expect(failures).toBeGreaterThan(0);
  expect(acknowledged).toBe(2_400);
  await dataSource.destroy();
  dataSource = await openDataSource(postgres.url);
  expect(await readAll(dataSource)).toHaveLength(2_400);
  await expectRollupsToFit();
}, 60_000);

test('Postgres away: a batch is refused at once, and taken when it is back', async () => {
  await postgres.stop();
  const record = newRecord();
  const start = performance.now();
  await expect(service.settle([record])).rejects.toMatchObject({ code: 'handler_failed' });
  expect(performance.now() - start).toBeLessThan(2_000);
  await expect(openDataSource(postgres.url)).rejects.toSatisfy(isConnectionError);
  await postgres.start();
  await vi.waitFor(async () => expect(await service.settle([record])).toEqual({ committed: 1, rejected: [] }), {
    timeout: 20_000,
  });
  await dataSource.destroy();
  dataSource = await openDataSource(postgres.url);
  expect(await stored(record.id)).toBeDefined();
}, 60_000);
