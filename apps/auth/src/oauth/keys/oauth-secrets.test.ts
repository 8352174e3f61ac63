import { createSecretKey, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { OAUTH_KEY_VARIABLE, OAuthSecrets } from './oauth-secrets.js';

const pepper = (version: number) => ({ version, key: createSecretKey(Buffer.alloc(32, version)) });

test('what was sealed is opened under its own name alone, and not when a byte was changed', () => {
  const secrets = new OAuthSecrets([pepper(1)], null, randomBytes);
  const { sealed, with: root } = secrets.seal('kid-1', 'private');
  expect(sealed.includes('private')).toBe(false);
  expect(secrets.open('kid-1', sealed, root)).toBe('private');
  expect(secrets.open('kid-2', sealed, root)).toBeNull();
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(secrets.open('kid-1', changed, root)).toBeNull();
  }
  expect(secrets.open('kid-1', Buffer.alloc(5), root)).toBeNull();
});

test('a second pepper, or a key of its own, takes over; the old one opens as long as it is there', () => {
  const old = new OAuthSecrets([pepper(1)], null, randomBytes).seal('kid', 'text');
  expect(new OAuthSecrets([pepper(2), pepper(1)], null, randomBytes).open('kid', old.sealed, old.with)).toBe('text');
  const own = new OAuthSecrets([pepper(1)], createSecretKey(Buffer.alloc(32, 9)), randomBytes);
  expect(own.open('kid', old.sealed, old.with)).toBe('text');
  expect(own.seal('kid', 'text').with).toBe('own');
  expect(new OAuthSecrets([pepper(2)], null, randomBytes).open('kid', old.sealed, old.with)).toBeNull();
  expect(own.cookieKeys).toHaveLength(2);
});

test('a key that is too short, too long or no text of bytes is refused', () => {
  const { parse } = OAUTH_KEY_VARIABLE;
  expect(parse('ab'.repeat(32))).not.toBeNull();
  expect(parse(randomBytes(32).toString('base64url'))).not.toBeNull();
  for (const text of ['ab'.repeat(31), 'ab'.repeat(33), randomBytes(33).toString('base64url'), 'x y'.repeat(15), '!']) {
    expect(parse(text)).toBeNull();
  }
});
