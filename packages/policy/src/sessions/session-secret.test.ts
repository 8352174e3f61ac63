import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { type PepperSet, readPeppers } from '../tokens/read-peppers.js';
import { readCookie, sessionCookieName, writeCookie } from './session-cookie.js';
import { csrfTokenMatches, csrfTokenOf, digestSession, isSessionSecret, makeSessionSecret } from './session-secret.js';

const peppersOf = (text: string) => (readPeppers(text) as { value: PepperSet }).value;
const old = peppersOf(`1:${'ab'.repeat(32)}`);
const both = peppersOf(`2:${'cd'.repeat(32)},1:${'ab'.repeat(32)}`);

test('a CSRF token belongs to one session and survives a change of the pepper', () => {
  const [secret, other] = [makeSessionSecret(randomBytes), makeSessionSecret(randomBytes)];
  expect(isSessionSecret(secret)).toBe(true);
  const token = csrfTokenOf(old[0], secret);
  expect(csrfTokenMatches(both, secret, token)).toBe(true);
  expect(csrfTokenMatches(both, other, token)).toBe(false);
  expect(csrfTokenMatches(both, secret, '')).toBe(false);
  expect(csrfTokenMatches(both, secret, digestSession(old[0], secret).toString('base64url'))).toBe(false);
});

test('of two cookies with the same name none is taken', () => {
  expect(readCookie('a=1; tollgate=x; b=2', 'tollgate')).toBe('x');
  expect(readCookie('tollgate=x; tollgate=y', 'tollgate')).toBe(null);
  expect(readCookie('atollgate=x', 'tollgate')).toBe(null);
  expect(readCookie(undefined, 'tollgate')).toBe(null);
});

test('over https the cookie is bound to the host and sent over nothing else', () => {
  const cookie = writeCookie({ name: sessionCookieName(true), value: 'x', secure: true, maxAgeSeconds: 60 });
  expect(cookie).toBe('__Host-tollgate=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure');
});
