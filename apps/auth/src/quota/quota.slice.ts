import { type QuotaLeaseReply, type RateLimit, SUBJECTS } from '@tollgate/contracts';
import { LocalQuota } from '@tollgate/policy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ControlPool } from '../database/control-pool.js';
import { bootAuth, type RunningAuth, startAuth } from '../testing/start-auth.js';
import { sweepBuckets } from './sweep-buckets.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
let auth: RunningAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.close());

const ask = (holder: string, leases: object[]) => auth.ask<QuotaLeaseReply>(SUBJECTS.quotaLease, { v: 1, holder, leases });
const want = async (bucket: string, rate: RateLimit, amount: number, finished: object[] = []) => {
  const reply = await ask('r1', [{ bucket, rate, want: amount, finished }]);
  if (reply.status !== 'ok') throw new Error(reply.status);
  return reply.leases[0] as (typeof reply.leases)[number];
};

/** Spends as fast as it can for a while; returns how much, and how long it took by the monotonic clock. */
async function press(
  holder: string,
  bucket: string,
  rate: RateLimit,
  until: number,
  authority: RunningAuth['ask'],
): Promise<number> {
  const quota = new LocalQuota({ clock, holder });
  let taken = 0;
  while (performance.now() < until) {
    const verdict = quota.tryTake(bucket, rate);
    if (verdict === 'taken') taken += 1;
    const call = quota.nextRequest();
    if (call !== null) quota.settle(call, await authority<QuotaLeaseReply>(SUBJECTS.quotaLease, call.request));
    else if (verdict !== 'taken') await new Promise((resolve) => setImmediate(resolve));
  }
  return taken;
}

test('five holders that press on one limit together never pass it, and hardly fall short', async () => {
  const rate = { limit: 200, periodMs: 1_000, burst: 100 };
  const started = performance.now();
  const until = started + 2_000;
  const taken = await Promise.all([1, 2, 3, 4, 5].map((n) => press(`holder-${n}`, 'requests:five', rate, until, auth.ask)));
  const elapsed = performance.now() - started;
  const sum = taken.reduce((a, b) => a + b, 0);
  expect(sum).toBeLessThanOrEqual(rate.burst + (rate.limit * elapsed) / rate.periodMs);
  expect(sum).toBeGreaterThanOrEqual(0.7 * (rate.burst + rate.limit * 2));
});

test('two replicas of auth keep one limit', async () => {
  const { options } = auth.dataSource;
  const other = await startOther(options.type === 'postgres' ? (options.url ?? '') : '');
  try {
    const rate = { limit: 50, periodMs: 60_000, burst: 50 };
    const until = performance.now() + 1_500;
    const taken = await Promise.all([
      press('a', 'requests:two', rate, until, auth.ask),
      press('b', 'requests:two', rate, until, other.ask),
      press('c', 'requests:two', rate, until, other.ask),
    ]);
    const sum = taken.reduce((a, b) => a + b, 0);
    expect(sum).toBeLessThanOrEqual(51);
    expect(sum).toBeGreaterThanOrEqual(40);
  } finally {
    await other.close();
  }
});

async function startOther(url: string): Promise<Pick<RunningAuth, 'ask' | 'close'>> {
  const { decodeJson, encodeJson } = await import('@tollgate/kernel');
  const { TRANSPORT } = await import('@tollgate/nest');
  const handle = await bootAuth(url);
  const transport = handle.context.get<RunningAuth['transport']>(TRANSPORT);
  return {
    ask: async <T>(subject: string, message: unknown) =>
      decodeJson(await transport.request(subject, encodeJson(message), { timeoutMs: 5_000 })) as T,
    close: () => handle.close(),
  };
}

test('a slice, its report and the rest', async () => {
  const rate = { limit: 1, periodMs: 3_600_000, burst: 100 };
  const first = await want('requests:slice', rate, 1_000);
  expect(first).toMatchObject({ granted: 50, remaining: 50, retryAfterMs: 0, ttlMs: 5_000 });
  const second = await want('requests:slice', rate, 0, [{ lease: first.lease, spent: 20, idleMs: 0 }]);
  expect(second).toMatchObject({ lease: null, granted: 0, remaining: 80 });
});

test('an empty bucket grants none and says when', async () => {
  const rate = { limit: 1, periodMs: 60_000, burst: 1 };
  const first = await want('requests:one', rate, 1);
  expect(first.granted).toBe(1);
  const second = await want('requests:one', rate, 1, [{ lease: first.lease, spent: 1, idleMs: 0 }]);
  expect(second.granted).toBe(0);
  expect(second.retryAfterMs).toBeGreaterThan(50_000);
  expect(second.retryAfterMs).toBeLessThanOrEqual(60_000);
});

test('many buckets in one request, in any order, from many holders, do not lock one another out', async () => {
  const rate = { limit: 1_000, periodMs: 1_000, burst: 1_000 };
  const buckets = Array.from({ length: 40 }, (_, index) => `requests:many-${index}`);
  const replies = await Promise.all(
    Array.from({ length: 30 }, (_, index) => {
      const order = index % 2 === 0 ? buckets : buckets.toReversed();
      return ask(
        `holder-${index % 5}`,
        order.map((bucket) => ({ bucket, rate, want: 2, finished: [] })),
      );
    }),
  );
  for (const reply of replies) {
    expect(reply.status).toBe('ok');
    if (reply.status === 'ok') expect(reply.leases.every((lease) => lease.granted > 0)).toBe(true);
  }
});

test('buckets of yesterday are swept away, others stay', async () => {
  const rate = { limit: 60, periodMs: 60_000, burst: 60 };
  await want('requests:old', rate, 1);
  await want('requests:new', rate, 1);
  await auth.dataSource.query(
    "UPDATE auth.quota_buckets SET updated_at_us = updated_at_us - 90000000000 WHERE bucket = 'requests:old'",
  );
  await auth.handle.context.get(ControlPool).run(sweepBuckets);
  const left: { bucket: string }[] = await auth.dataSource.query(
    "SELECT bucket FROM auth.quota_buckets WHERE bucket IN ('requests:old', 'requests:new')",
  );
  expect(left.map(({ bucket }) => bucket)).toEqual(['requests:new']);
});
