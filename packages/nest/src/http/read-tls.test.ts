import { generateKeyPairSync } from 'node:crypto';
import { makeAuthority, makeCertificate } from '@tollgate/testing';
import { expect, test } from 'vitest';
import { readTls } from './read-tls.js';
import { validityProblem } from './watch-tls.js';

const files = { certificate: 'cert.pem', key: 'key.pem' };
const authority = makeAuthority();
const pair = makeCertificate({ hosts: ['gate.test'], authority });
const other = makeCertificate({ hosts: ['gate.test'], authority });
const encrypted = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hunter2' },
}).privateKey;

const read = (certificate: string, key: string) => readTls(files, (path) => (path === 'cert.pem' ? certificate : key));

test('a pair that belongs together is taken, with or without its chain', () => {
  expect(read(pair.certificate, pair.key)).toMatchObject({ key: pair.key, validUntil: expect.any(Number) });
  expect(read(pair.certificate + authority.certificate, pair.key)).toMatchObject({ key: pair.key });
});

test.each([
  [
    'another key',
    pair.certificate,
    other.key,
    'TLS_KEY_FILE key.pem is not the key of the certificate in TLS_CERT_FILE cert.pem',
  ],
  ['the chain upside down', authority.certificate + pair.certificate, pair.key, "put the server's own first"],
  ['no certificate', pair.key, pair.key, 'TLS_CERT_FILE cert.pem holds no certificate'],
  ['half a certificate', pair.certificate.slice(0, 200), pair.key, 'TLS_CERT_FILE cert.pem holds no certificate'],
  ['a certificate of nonsense', pair.certificate.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA'), pair.key, 'holds no certificate'],
  ['no key', pair.certificate, pair.certificate, 'TLS_KEY_FILE key.pem holds no private key'],
  ['an empty key', pair.certificate, '', 'TLS_KEY_FILE key.pem holds no private key'],
  ['an encrypted key', pair.certificate, encrypted, 'TLS_KEY_FILE key.pem is encrypted: give a key without a passphrase'],
])('%s is one line that names the file', (_, certificate, key, line) => {
  const problem = read(certificate, key);
  expect(problem).toContain(line);
  expect(problem).not.toContain('BEGIN EC');
});

test('a missing file is one line', () => {
  const missing = readTls(files, () => {
    throw new Error("ENOENT: no such file or directory, open 'cert.pem'");
  });
  expect(missing).toBe("TLS_CERT_FILE cannot be read: ENOENT: no such file or directory, open 'cert.pem'");
});

test('what callers will refuse, now or soon, has a name', () => {
  const material = { ...pair, validFrom: 1_000, validUntil: 30 * 86_400_000 };
  expect(validityProblem(material, 0)).toContain('not valid yet');
  expect(validityProblem(material, 10 * 86_400_000)).toBeNull();
  expect(validityProblem(material, 20 * 86_400_000)).toContain('expires within two weeks');
  expect(validityProblem(material, 31 * 86_400_000)).toContain('has expired');
});
