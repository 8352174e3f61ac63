import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commitBatch } from './commit-batch.js';
import { expectedRollups, openDataSource, openTestLedger, readAll, readRollups, type TestLedger } from './ledger.fixture.js';
import { recordOfRow } from './record-columns.js';
import { NOON, newAttempt, newRecord, newReport, newRequestId, tokens } from './usage.fixture.js';

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
  await ledger.partitions.ensure(['2026-03-09', '2026-03-10', '2026-03-11']);
});
beforeEach(async () => {
  await ledger.dataSource.query(
    'TRUNCATE analytics.usage_records, analytics.usage_reports, analytics.usage_hourly, analytics.usage_daily',
  );
});
afterAll(() => ledger.close());

async function expectRollupsToFit(): Promise<void> {
  expect(await readRollups(ledger.dataSource)).toEqual(await expectedRollups(ledger.dataSource));
}

const settled = (...records: ReturnType<typeof newRecord>[]) => ({ records, reports: [] });

test('a record comes back as it was sent', async () => {
  const record = newRecord({
    clientRequestId: 'c-1 "quoted" \\ {},',
    teamId: 'team_1',
    model: `né"'; DROP TABLE analytics.usage_records; -- \\`,
    metadata: { 'k"': 'NULL', empty: '', emoji: '😀' },
    errorCode: 'NULL',
  });
  await commitBatch(ledger.dataSource, settled(record));
  const [row] = await readAll(ledger.dataSource);
  expect(row && recordOfRow(row)).toEqual(record);
  await expectRollupsToFit();
});

describe('the same batch again', () => {
  test('changes nothing', async () => {
    const batch = settled(...Array.from({ length: 50 }, () => newRecord()));
    expect(await commitBatch(ledger.dataSource, batch)).toMatchObject({ stored: 50, duplicates: 0 });
    const before = [await readAll(ledger.dataSource), await readRollups(ledger.dataSource)];
    expect(await commitBatch(ledger.dataSource, batch)).toMatchObject({ stored: 0, duplicates: 50, replaced: 0 });
    expect([await readAll(ledger.dataSource), await readRollups(ledger.dataSource)]).toEqual(before);
    await expectRollupsToFit();
  });

  test('counts once where a record stands twice in one batch', async () => {
    const record = newRecord();
    expect(await commitBatch(ledger.dataSource, settled(record, record))).toMatchObject({ stored: 1, duplicates: 1 });
    await expectRollupsToFit();
  });

  test('counts once from several processes at the same moment', async () => {
    const records = Array.from({ length: 200 }, (_, index) => newRecord({ tokenId: `tok_${index % 7}` }));
    const others = await Promise.all([openDataSource(ledger.url), openDataSource(ledger.url)]);
    const shuffled = [...records].reverse();
    const results = await Promise.all([
      commitBatch(ledger.dataSource, settled(...records)),
      commitBatch(others[0] as never, settled(...shuffled)),
      commitBatch(others[1] as never, settled(...records.slice(100), ...records.slice(0, 100))),
      commitBatch(ledger.dataSource, settled(...shuffled.slice(50))),
    ]);
    expect(results.reduce((sum, { stored }) => sum + stored, 0)).toBe(200);
    expect(await readAll(ledger.dataSource)).toHaveLength(200);
    await expectRollupsToFit();
    await Promise.all(others.map((other) => other.destroy()));
  });
});

describe('several accounts of one call', () => {
  const standIn = (id: string) =>
    newRecord({
      id,
      outcome: 'interrupted',
      status: 0,
      basis: 'estimated',
      attempts: [newAttempt({ basis: 'estimated', usage: tokens(300, 0), status: null })],
    });
  const counted = (id: string) =>
    newRecord({ id, outcome: 'cancelled', status: 499, attempts: [newAttempt({ basis: 'counted', usage: tokens(100, 7) })] });
  const reported = (id: string) => newRecord({ id });
  const unreached = (id: string) => newRecord({ id, outcome: 'failed', status: 503, errorCode: 'no_adapter', attempts: [] });

  test('a stand-in gives way to any settlement, also to one that used nothing', async () => {
    const id = newRequestId();
    await commitBatch(ledger.dataSource, settled(standIn(id)));
    expect(await commitBatch(ledger.dataSource, settled(unreached(id)))).toMatchObject({ replaced: 1 });
    const [row] = await readAll(ledger.dataSource);
    expect(row && recordOfRow(row)).toEqual(unreached(id));
    await expectRollupsToFit();
  });

  test('what an adapter reported is priced and takes the place of an estimate', async () => {
    const id = newRequestId();
    await commitBatch(ledger.dataSource, settled(standIn(id)));
    await commitBatch(ledger.dataSource, { records: [], reports: [newReport(id)] });
    const [row] = await readAll(ledger.dataSource);
    expect(row && recordOfRow(row)).toMatchObject({
      outcome: 'interrupted',
      basis: 'reported',
      usage: tokens(110, 25),
      cost: { amount: '0.000525', currency: 'USD' },
    });
    await expectRollupsToFit();
  });

  test('a report that comes at the same moment as its settlement is merged', async () => {
    const ids = Array.from({ length: 30 }, () => newRequestId());
    await Promise.all(
      ids.flatMap((id) => [
        commitBatch(ledger.dataSource, settled(standIn(id))),
        commitBatch(ledger.dataSource, { records: [], reports: [newReport(id)] }),
      ]),
    );
    const rows = await readAll(ledger.dataSource);
    expect(rows.map(({ basis }) => basis)).toEqual(ids.map(() => 'reported'));
    await expectRollupsToFit();
  });

  test('any order, repetition and splitting gives the same row and the same sums', async () => {
    const id = newRequestId();
    const accounts = [
      settled(standIn(id)),
      settled(counted(id)),
      settled(reported(id)),
      settled(unreached(id)),
      { records: [], reports: [newReport(id)] },
      { records: [], reports: [newReport(id, { basis: 'counted', usage: tokens(101, 3) })] },
      { records: [], reports: [newReport(id, { basis: 'counted', usage: tokens(101, 4) })] },
      { records: [], reports: [newReport(id, { attempt: 2, usage: tokens(9, 9) })] },
      { records: [newRecord({ tokenId: 'tok_other' })], reports: [] },
    ];
    const outcome = async (order: readonly (readonly number[])[]): Promise<unknown> => {
      await ledger.dataSource.query(
        'TRUNCATE analytics.usage_records, analytics.usage_reports, analytics.usage_hourly, analytics.usage_daily',
      );
      for (const together of order) {
        const parts = together.map((index) => accounts[index]).filter((part) => part !== undefined);
        await commitBatch(ledger.dataSource, {
          records: parts.flatMap((part) => part.records),
          reports: parts.flatMap((part) => part.reports),
        });
        await expectRollupsToFit();
      }
      return [await readAll(ledger.dataSource), await readRollups(ledger.dataSource)];
    };
    const subset = fc.uniqueArray(fc.nat(accounts.length - 1), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(
        subset.chain((members) =>
          fc.tuple(
            fc.constant(members),
            fc.shuffledSubarray([...members, ...members], { minLength: 0 }),
            fc.shuffledSubarray(members, { minLength: members.length }),
            fc.nat(3),
          ),
        ),
        async ([members, repeated, shuffled, cut]) => {
          const once = await outcome([members]);
          const split = [shuffled.slice(0, cut), shuffled.slice(cut), repeated].filter((part) => part.length > 0);
          const oneByOne = [...repeated, ...shuffled].map((index) => [index]);
          expect(await outcome(split)).toEqual(once);
          expect(await outcome(oneByOne)).toEqual(once);
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('sums fit the rows whatever comes: outcomes, prices, currencies, hours, models', async () => {
  const record = fc
    .record({
      at: fc.integer({ min: NOON - 30 * 3_600_000, max: NOON + 30 * 3_600_000 }),
      outcome: fc.constantFrom('succeeded', 'failed', 'refused', 'cancelled', 'interrupted'),
      basis: fc.constantFrom('reported', 'counted', 'estimated', 'none'),
      currency: fc.constantFrom('USD', 'EUR', null),
      amount: fc.constantFrom('0', '0.000000000000000001', '123456789.123456789', '1'),
      model: fc.constantFrom('a', 'b', 'ü', '%'),
      tokenId: fc.constantFrom('tok_1', 'tok_2'),
      input: fc.nat(1_000_000),
      duration: fc.double({ min: 0, max: 1e6, noNaN: true }),
      refusal: fc.constantFrom(null, 'model_not_found', 'rate_limit_exceeded'),
    })
    .map((value) =>
      newRecord({
        id: newRequestId(value.at),
        outcome: value.outcome as 'succeeded',
        basis: value.basis as 'reported',
        model: value.model,
        tokenId: value.tokenId,
        durationMs: value.duration,
        errorCode: value.refusal,
        usage: tokens(value.input, 1),
        cost: value.currency === null ? null : { amount: value.amount, currency: value.currency },
        attempts: value.refusal === null ? [newAttempt({ provider: value.model })] : [],
      }),
    );
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 40 }), async (records) => {
      await commitBatch(ledger.dataSource, settled(...records));
      await expectRollupsToFit();
    }),
    { numRuns: 15 },
  );
});
