import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSecret } from './open-secret.js';
import { sealSecret } from './seal-secret.js';
import { readSealingKey, sealingKeyPair } from './sealing-key-pair.js';

const privateKey = randomBytes(32);
const publicKey = Buffer.from(sealingKeyPair(privateKey).publicKey, 'base64url');

test('what is sealed opens again, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (secret, place) => {
      expect(openSecret(privateKey, sealSecret(publicKey, secret, place), place)).toBe(secret);
    }),
  );
});

test('the same secret never looks the same twice, nor does it show', () => {
  const [first, second] = [sealSecret(publicKey, 'sk-canary', 'cred_a'), sealSecret(publicKey, 'sk-canary', 'cred_a')];
  expect(first).not.toBe(second);
  expect(Buffer.from(first, 'base64url').toString('latin1')).not.toContain('canary');
  expect(first).toMatch(/^[A-Za-z0-9_-]+$/);
});

test('another key or another place opens nothing', () => {
  const sealed = sealSecret(publicKey, 'secret', 'cred_a');
  expect(openSecret(randomBytes(32), sealed, 'cred_a')).toBeNull();
  expect(openSecret(publicKey, sealed, 'cred_a')).toBeNull();
  expect(openSecret(privateKey, sealed, 'cred_b')).toBeNull();
  expect(openSecret(privateKey, sealed, '')).toBeNull();
});

test('every single flipped bit is refused', () => {
  const bytes = Buffer.from(sealSecret(publicKey, 'secret', 'cred_a'), 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    // The highest bit of an X25519 public key is ignored by RFC 7748; the key derivation takes it in all the same.
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(openSecret(privateKey, changed.toString('base64url'), 'cred_a'), `bit ${bit}`).toBeNull();
  }
});

test('truncated, prolonged, empty and foreign texts are refused', () => {
  const sealed = sealSecret(publicKey, 'secret', 'cred_a');
  for (const text of ['', 'AQ', sealed.slice(0, -4), `${sealed}AAAA`, `${sealed}=`, ` ${sealed}`, 'x'.repeat(200), 'sk-plain']) {
    expect(openSecret(privateKey, text, 'cred_a'), text).toBeNull();
  }
});

test('a presented key is taken only under its own id', () => {
  const key = sealingKeyPair(privateKey);
  expect(key.id).toMatch(/^[0-9a-f]{16}$/);
  expect(readSealingKey(key)).toEqual(publicKey);
  expect(readSealingKey({ ...key, id: '0'.repeat(16) })).toBeNull();
  expect(readSealingKey({ id: key.id, publicKey: 'AAAA' })).toBeNull();
  expect(() => sealingKeyPair(randomBytes(31))).toThrow(RangeError);
});
