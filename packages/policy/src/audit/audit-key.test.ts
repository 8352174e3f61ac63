import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { readAuditKey, readAuditPublicKey } from './audit-key.js';

test('the key of RFC 8037 has the thumbprint that the RFC gives', () => {
  // https://www.rfc-editor.org/rfc/rfc8037#appendix-A
  const key = readAuditKey('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A');
  expect(key?.publicKey).toBe('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo');
  expect(key?.id).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
});

test('hex, base64url and PEM give the same key, and its signature verifies', () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const keys = [raw.toString('hex'), raw.toString('base64url'), pem].map(readAuditKey);
  expect(new Set(keys.map((key) => key?.id)).size).toBe(1);
  const signature = keys[0]?.sign('text') ?? '';
  const publicPem = createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString();
  for (const text of [publicPem, keys[0]?.publicKey ?? '']) {
    const key = readAuditPublicKey(text);
    expect(key?.id).toBe(keys[0]?.id);
    expect(key?.verifies('text', signature)).toBe(true);
    expect(key?.verifies('text ', signature)).toBe(false);
    expect(key?.verifies('text', `${signature}=`)).toBe(false);
  }
});

test('what is no Ed25519 key is refused', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  for (const text of ['', 'short', 'ab'.repeat(31), 'zz'.repeat(32), rsa, '-----BEGIN PRIVATE KEY-----\n']) {
    expect(readAuditKey(text), text.slice(0, 30)).toBeNull();
  }
  expect(readAuditPublicKey('short')).toBeNull();
});
