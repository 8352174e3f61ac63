import { expect, test } from 'vitest';
import { newRecord } from '../ledger/usage.fixture.js';
import type { BatchResult, UsageBatch } from '../ledger/usage-batch.js';
import { BatchWriter } from './batch-writer.js';

interface Step {
  readonly batch: UsageBatch;
  finish(rejected?: readonly string[]): void;
  fail(error: unknown): void;
}

function newWriter(limits: { batch: number; queue: number }): { writer: BatchWriter; steps: Step[] } {
  const steps: Step[] = [];
  const writer = new BatchWriter({
    batchRecordsMax: limits.batch,
    queueRecordsMax: limits.queue,
    concurrency: 1,
    commit: (batch) =>
      new Promise<BatchResult>((resolve, reject) => {
        const finish = (rejected: readonly string[] = []): void =>
          resolve({ stored: 0, duplicates: 0, replaced: 0, rejected: rejected.map((id) => ({ id, reason: 'no' })) });
        steps.push({ batch, finish, fail: reject });
      }),
  });
  return { writer, steps };
}

const batchOf = (count: number): UsageBatch => ({ records: Array.from({ length: count }, () => newRecord()), reports: [] });
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what comes during a transaction goes together into the next, up to its bound', async () => {
  const { writer, steps } = newWriter({ batch: 5, queue: 100 });
  const answers = [1, 2, 3, 4].map((count) => writer.submit(batchOf(count)));
  for (let step = 0; step < 3; step += 1) {
    await settle();
    steps[step]?.finish();
  }
  await Promise.all(answers);
  await writer.whenIdle();
  expect(steps.map(({ batch }) => batch.records.length)).toEqual([1, 5, 4]);
});

test('over the bound a submission is refused at once, and an acknowledged one frees room', async () => {
  const { writer, steps } = newWriter({ batch: 5, queue: 6 });
  const first = writer.submit(batchOf(5));
  const second = writer.submit(batchOf(5));
  await expect(writer.submit(batchOf(2))).rejects.toMatchObject({ code: 'overloaded' });
  expect(writer.waiting).toBe(5);
  steps[0]?.finish();
  await first;
  await settle();
  const third = writer.submit(batchOf(6));
  steps[1]?.finish();
  await second;
  await settle();
  steps[2]?.finish();
  await third;
});

test('each submission learns of its own rejections', async () => {
  const { writer, steps } = newWriter({ batch: 10, queue: 100 });
  const [blocker, left, right] = [batchOf(1), batchOf(2), batchOf(2)];
  const answers = [blocker, left, right].map((batch) => writer.submit(batch));
  await settle();
  steps[0]?.finish();
  await settle();
  steps[1]?.finish([right.records[1]?.id ?? '']);
  const [, ofLeft, ofRight] = await Promise.all(answers);
  expect([ofLeft, ofRight?.map(({ id }) => id)]).toEqual([[], [right.records[1]?.id]]);
});

test('Postgres out of reach refuses those behind too; a fault of the batch only its own', async () => {
  const { writer, steps } = newWriter({ batch: 1, queue: 100 });
  const outcomes = Promise.allSettled([writer.submit(batchOf(1)), writer.submit(batchOf(1))]);
  steps[0]?.fail(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(steps).toHaveLength(1);
  const next = Promise.allSettled([writer.submit(batchOf(1)), writer.submit(batchOf(1))]);
  steps[1]?.fail(new Error('disk full'));
  await settle();
  steps[2]?.finish();
  expect((await next).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});
