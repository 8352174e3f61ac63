import type { QuotaLeaseReply } from '@tollgate/contracts';
import { expect, test } from 'vitest';
import { LocalQuota } from './local-quota.js';

const RATE = { limit: 60, periodMs: 60_000, burst: 60 };
const KEY = 'requests:tok_1';

function setUp(bucketsMax?: number) {
  const time = { ms: 1_000 };
  const quota = new LocalQuota({
    clock: { now: () => 0, monotonic: () => time.ms },
    holder: 'r1',
    ...(bucketsMax === undefined ? {} : { bucketsMax }),
  });
  const send = () => {
    const call = quota.nextRequest();
    if (call === null) throw new Error('nothing to ask');
    return call;
  };
  return { quota, time, send };
}

const reply = (granted: number, changes: object = {}): QuotaLeaseReply => ({
  status: 'ok',
  leases: [
    {
      bucket: KEY,
      lease: granted > 0 ? `lease-${granted}` : null,
      granted,
      ttlMs: 5_000,
      remaining: 40,
      retryAfterMs: 0,
      resetMs: 20_000,
      ...changes,
    },
  ],
});

test('nothing is taken before something was granted', () => {
  const { quota, send } = setUp();
  expect(quota.tryTake(KEY, RATE)).toBe('need_lease');
  const call = send();
  expect(call.request).toEqual({ v: 1, holder: 'r1', leases: [{ bucket: KEY, rate: RATE, want: 1, finished: [] }] });
  expect(quota.tryTake(KEY, RATE)).toBe('need_lease');
  expect(quota.nextRequest()).toBeNull();
  quota.settle(call, reply(2));
  expect([1, 2, 3].map(() => quota.tryTake(KEY, RATE))).toEqual(['taken', 'taken', 'need_lease']);
});

test('those who wait are told when the reply is there', () => {
  const { quota, send } = setUp();
  const verdicts: string[] = [];
  quota.tryTake(KEY, RATE);
  quota.whenSettled(KEY, () => verdicts.push(quota.tryTake(KEY, RATE)));
  quota.settle(send(), reply(1));
  expect(verdicts).toEqual(['taken']);
});

test('a lease ends by the time of its sending, however late the reply', () => {
  const { quota, time, send } = setUp();
  quota.tryTake(KEY, RATE);
  const call = send();
  time.ms += 4_999;
  quota.settle(call, reply(10));
  expect(quota.tryTake(KEY, RATE)).toBe('taken');
  time.ms += 1;
  expect(quota.tryTake(KEY, RATE)).toBe('need_lease');
  expect(send().request.leases[0]?.finished).toEqual([{ lease: 'lease-10', spent: 1, idleMs: 0 }]);
});

test('what is left of a lease goes back when its time is up, without being asked for', () => {
  const { quota, time, send } = setUp();
  quota.tryTake(KEY, RATE);
  quota.settle(send(), reply(10));
  quota.tryTake(KEY, RATE);
  time.ms += 5_000;
  quota.tick();
  expect(send().request.leases[0]?.finished).toEqual([{ lease: 'lease-10', spent: 1, idleMs: 4_950 }]);
  expect(quota.pending).toBe(false);
});

test('a report whose reply is lost is repeated', () => {
  const { quota, time, send } = setUp();
  quota.tryTake(KEY, RATE);
  quota.settle(send(), reply(10));
  time.ms += 5_000;
  quota.tick();
  const first = send();
  quota.settle(first, null);
  quota.tick();
  expect(send().request.leases[0]?.finished).toEqual(first.request.leases[0]?.finished);
});

test('over the limit is refused until the authority said', () => {
  const { quota, time, send } = setUp();
  quota.tryTake(KEY, RATE);
  quota.settle(send(), reply(0, { retryAfterMs: 700, remaining: 0 }));
  expect(quota.tryTake(KEY, RATE)).toBe('refused');
  expect(quota.view(KEY)).toMatchObject({ limit: 60, remaining: 0, retryAfterMs: 700 });
  expect(quota.pending).toBe(false);
  time.ms += 700;
  expect(quota.tryTake(KEY, RATE)).toBe('need_lease');
});

test('an authority out of reach lets spend what was granted, then nothing', () => {
  const { quota, time, send } = setUp();
  quota.tryTake(KEY, RATE);
  quota.settle(send(), reply(1));
  expect(quota.tryTake(KEY, RATE)).toBe('taken');
  expect(quota.tryTake(KEY, RATE)).toBe('need_lease');
  quota.settle(send(), { status: 'stale' });
  expect(quota.tryTake(KEY, RATE)).toBe('unavailable');
  time.ms += 250;
  expect(quota.tryTake(KEY, RATE)).toBe('need_lease');
  expect(quota.pending).toBe(true);
});

test('a slow authority makes nobody wait longer than 50 ms', () => {
  const { quota, time, send } = setUp();
  quota.tryTake(KEY, RATE);
  send();
  time.ms += 51;
  expect(quota.tryTake(KEY, RATE)).toBe('unavailable');
});

test('more is asked for before the slice is used up', () => {
  const { quota, send } = setUp();
  quota.tryTake(KEY, RATE);
  quota.settle(send(), reply(20));
  for (let taken = 0; taken < 15; taken += 1) expect(quota.tryTake(KEY, RATE)).toBe('taken');
  expect(quota.pending).toBe(false);
  quota.tryTake(KEY, RATE);
  expect(send().request.leases[0]?.want).toBe(32);
});

test('remaining is what the authority said, less what was spent since', () => {
  const { quota, send } = setUp();
  quota.tryTake(KEY, RATE);
  quota.settle(send(), reply(20));
  expect(quota.view(KEY)).toMatchObject({ remaining: 60, resetMs: 20_000 });
  quota.tryTake(KEY, RATE);
  expect(quota.view(KEY)).toMatchObject({ remaining: 59 });
  expect(quota.view('unknown')).toBeNull();
});

test('memory is bounded: unused buckets go, and never more than the maximum are kept', () => {
  const { quota, time } = setUp(100);
  for (let index = 0; index < 1_000; index += 1) quota.tryTake(`b${index}`, RATE);
  expect(quota.size).toBe(100);
  for (let call = quota.nextRequest(); call !== null; call = quota.nextRequest()) quota.settle(call, { status: 'stale' });
  time.ms += 60_001;
  quota.tick();
  expect(quota.size).toBe(0);
});

test('a question holds at most 256 buckets', () => {
  const { quota } = setUp();
  for (let index = 0; index < 300; index += 1) quota.tryTake(`b${index}`, RATE);
  expect([quota.nextRequest(), quota.nextRequest(), quota.nextRequest()].map((call) => call?.request.leases.length)).toEqual([
    256,
    44,
    undefined,
  ]);
});
