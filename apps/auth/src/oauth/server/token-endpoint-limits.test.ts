import { expect, test } from 'vitest';
import { TokenEndpointLimits } from './token-endpoint-limits.js';

const A = `client_${'a'.repeat(26)}`;
const B = `client_${'b'.repeat(26)}`;
const form = (id: string) => new URLSearchParams({ client_id: id });

function limits() {
  let now = 0;
  const made = new TokenEndpointLimits({ now: () => now, monotonic: () => now });
  const guess = (address: string, id: string): number => {
    const waitMs = made.enter(address, {}, form(id));
    if (waitMs === 0) made.left(address, {}, form(id), 401);
    return waitMs;
  };
  const pass = (ms: number): void => {
    now += ms;
  };
  return { made, guess, pass };
}

test('after ten wrong secrets a client waits at that address, and only there', () => {
  const { made, guess, pass } = limits();
  for (let at = 0; at < 10; at += 1) expect(guess('1.1.1.1', A)).toBe(0);
  expect(guess('1.1.1.1', A)).toBe(5_000);
  expect(made.enter('2.2.2.2', {}, form(A))).toBe(0);
  expect(made.enter('1.1.1.1', {}, form(B))).toBe(0);
  pass(5_000);
  expect(guess('1.1.1.1', A)).toBe(0);
  expect(guess('1.1.1.1', A)).toBeGreaterThan(0);
});

test('an address that tries one client after the other waits as well', () => {
  const { guess } = limits();
  const waits = Array.from({ length: 60 }, (_, at) => guess('1.1.1.1', `client_${String(at).padStart(26, '0')}`));
  expect(waits.slice(0, 50).every((wait) => wait === 0)).toBe(true);
  expect(waits.slice(50).every((wait) => wait > 0)).toBe(true);
});

test('good requests count as well: 200 at once, fifty a second', () => {
  const { made, pass } = limits();
  for (let at = 0; at < 200; at += 1) expect(made.enter('1.1.1.1', {}, form(A))).toBe(0);
  expect(made.enter('1.1.1.1', {}, form(A))).toBe(20);
  pass(20);
  expect(made.enter('1.1.1.1', {}, form(A))).toBe(0);
});

test('the name comes from Basic, the form or the assertion; what is no id of ours is one and the same', () => {
  const { made } = limits();
  const assertion = `x.${Buffer.from(JSON.stringify({ sub: A })).toString('base64url')}.y`;
  const basic = { authorization: `Basic ${Buffer.from(`${A}:x`).toString('base64')}` };
  for (let at = 0; at < 10; at += 1) made.left('1.1.1.1', {}, form(A), 401);
  for (const [headers, fields] of [
    [basic, new URLSearchParams()],
    [{}, new URLSearchParams({ client_assertion: assertion })],
  ] as const) {
    expect(made.enter('1.1.1.1', headers, fields)).toBeGreaterThan(0);
  }
  for (const odd of ['not a jwt', 'x.%%%.y', 'x'.repeat(10_000)]) {
    expect(made.enter('1.1.1.1', {}, new URLSearchParams({ client_assertion: odd }))).toBe(0);
  }
});
