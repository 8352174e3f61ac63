import { FAILURE_CLASSES, type FailureClass, type RoutingDeployment } from '@tollgate/contracts';
import { describe, expect, test } from 'vitest';
import { BREAKER_DEFAULTS } from './breaker.js';
import { type AttemptEnd, HealthBook } from './health-book.js';

const deployment = (id: string, credentialId?: string): RoutingDeployment => ({
  id,
  provider: 'p',
  upstreamModel: id,
  serves: [],
  contextTokens: null,
  maxOutputTokens: null,
  price: null,
  ...(credentialId === undefined ? {} : { credentialId }),
});
const a = deployment('a', 'cred_1');
const b = deployment('b', 'cred_1');
const c = deployment('c', 'cred_2');
const failed = (failure: FailureClass, retryAfterMs: number | null = null): AttemptEnd => ({
  kind: 'failed',
  failure,
  retryAfterMs,
});
const attempt = (book: HealthBook, one: RoutingDeployment, end: AttemptEnd, times = 1, now = 0): void => {
  for (let i = 0; i < times; i += 1) {
    book.begin(one, now);
    book.end(one, end, now);
  }
};
const usable = (book: HealthBook, now = 0) => [a, b, c].filter((one) => book.usable(one, now)).map(({ id }) => id);

describe('what is avoided after', () => {
  test('one refused key: all that goes with that key', () => {
    const book = new HealthBook();
    attempt(book, a, failed('authentication'));
    expect(usable(book)).toEqual(['c']);
    expect(book.usableAt(b, 0)).toBe(30_000);
    expect(usable(book, 30_000)).toEqual(['a', 'b', 'c']);
  });

  test('many failures of a model: that model alone', () => {
    for (const failure of ['overloaded', 'server_error', 'timeout', 'unreachable', 'rate_limit', 'not_found'] as const) {
      const book = new HealthBook();
      attempt(book, a, failed(failure), 4);
      expect(usable(book), failure).toEqual(['a', 'b', 'c']);
      attempt(book, a, failed(failure));
      expect(usable(book), failure).toEqual(['b', 'c']);
    }
  });

  test('one rate limit that says how long: for so long', () => {
    const book = new HealthBook();
    attempt(book, a, failed('rate_limit', 7_000));
    expect(usable(book, 6_999)).toEqual(['b', 'c']);
    expect(usable(book, 7_000)).toEqual(['a', 'b', 'c']);
  });

  test('requests that the provider could not take: nothing', () => {
    const book = new HealthBook();
    for (const failure of ['context_window', 'content_policy'] as const) attempt(book, a, failed(failure), 50);
    attempt(book, a, { kind: 'silent' }, 50);
    expect(usable(book)).toEqual(['a', 'b', 'c']);
  });
});

test('a key is trusted again as soon as anything with it answers', () => {
  const book = new HealthBook();
  attempt(book, a, failed('authentication'));
  book.begin(b, 30_000);
  expect(usable(book, 30_000)).toEqual(['c']);
  book.answering(b, 5, 30_001);
  expect(usable(book, 30_001)).toEqual(['a', 'b', 'c']);
});

test('calls under way are counted whatever becomes of them', () => {
  const book = new HealthBook();
  const ends: AttemptEnd[] = [{ kind: 'answered' }, { kind: 'silent' }, ...FAILURE_CLASSES.map((one) => failed(one))];
  for (const _ of ends) book.begin(a, 0);
  expect(book.inFlight('a')).toBe(ends.length);
  for (const end of ends) book.end(a, end, 0);
  expect(book.inFlight('a')).toBe(0);
  book.end(a, { kind: 'silent' }, 0);
  expect(book.inFlight('a')).toBe(0);
});

test('a slow answer counts at once, and is forgotten by halves', () => {
  const book = new HealthBook();
  expect(book.latencyMs('a', 0)).toBe(0);
  book.answering(a, 100, 0);
  expect(book.latencyMs('a', 0)).toBe(100);
  book.answering(a, 900, 0);
  expect(book.latencyMs('a', 0)).toBe(900);
  book.answering(a, 100, 0);
  expect(book.latencyMs('a', 0)).toBeCloseTo(660);
  expect(book.latencyMs('a', 10_000)).toBeCloseTo(330);
});

test('what is gone from the snapshot is forgotten, unless a call of it is still under way', () => {
  const book = new HealthBook();
  attempt(book, a, failed('authentication'));
  attempt(book, c, { kind: 'answered' });
  book.begin(c, 0);
  book.keepOnly(new Map([['b', b]]));
  expect(book.inFlight('c')).toBe(1);
  expect(usable(book)).toEqual(['c']);
  book.end(c, { kind: 'answered' }, 0);
  book.keepOnly(new Map());
  expect(book.size).toBe(0);
});

test('full by calls under way, and by calls begun within a minute; without limits never', () => {
  const book = new HealthBook();
  const limited = { ...deployment('dep_limited'), limits: { concurrentCalls: 2, requestsPerMinute: 3 } };
  book.begin(limited, 0);
  expect(book.isFull(limited, 0)).toBe(false);
  book.begin(limited, 1);
  expect(book.isFull(limited, 1)).toBe(true);
  book.end(limited, { kind: 'answered' }, 2);
  book.end(limited, { kind: 'answered' }, 2);
  expect(book.isFull(limited, 2)).toBe(false);
  book.begin(limited, 3);
  book.end(limited, { kind: 'answered' }, 4);
  expect(book.isFull(limited, 59_999)).toBe(true);
  expect(book.isFull(limited, 60_000)).toBe(false);
  const free = deployment('dep_free');
  for (let i = 0; i < 100; i += 1) book.begin(free, i);
  expect(book.isFull(free, 100)).toBe(false);
});

test('what is worth a look: a key that was refused, and a place out of reach; not one that answered that it is busy', () => {
  const book = new HealthBook({ ...BREAKER_DEFAULTS, failuresMin: 1, pauseMs: 10_000 });
  const fails = (id: string, failure: FailureClass, credentialId?: string): void => {
    const one = deployment(id, credentialId);
    book.begin(one, 0);
    book.end(one, { kind: 'failed', failure, retryAfterMs: null }, 0);
  };
  fails('dep_a', 'authentication', 'cred_a');
  fails('dep_b', 'unreachable');
  fails('dep_c', 'overloaded');
  expect(book.dueProbes(8_000, 2_000)).toEqual([{ of: 'deployment', id: 'dep_b', deploymentId: 'dep_b' }]);
  const key = { of: 'credential', id: 'cred_a', deploymentId: 'dep_a' } as const;
  expect(book.dueProbes(28_000, 2_000)).toEqual([key]);
  expect(book.usable(deployment('dep_other', 'cred_a'), 28_000)).toBe(false);
  book.noteProbe(key, 'well', 28_100);
  expect(book.usable(deployment('dep_other', 'cred_a'), 28_100)).toBe(true);
  book.noteProbe({ of: 'deployment', id: 'dep_b', deploymentId: 'dep_b' }, 'ill', 9_000);
  expect(book.usable(deployment('dep_b'), 28_999)).toBe(false);
  expect(book.usable(deployment('dep_b'), 29_001)).toBe(true);
});
