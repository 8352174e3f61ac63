import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

/** Paths of two PEM files. */
export interface TlsFiles {
  /** The server's own certificate first, then those between it and the root. */
  readonly certificate: string;
  readonly key: string;
}

/** A pair that belongs together. */
export interface TlsMaterial {
  readonly certificate: string;
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly validFrom: number;
  readonly validUntil: number;
}

/** Forward secrecy and authenticated encryption only: what every client since 2014 has. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

export const secureContextOf = ({ certificate, key }: Pick<TlsMaterial, 'certificate' | 'key'>): SecureContextOptions => ({
  cert: certificate,
  key,
  minVersion: 'TLSv1.2',
  ciphers: CIPHERS,
});

/** What the two files hold, or one line that says what is wrong with them. Throws nothing; no line holds any of their content. */
export function readTls(files: TlsFiles, readFile: (path: string) => string): TlsMaterial | string {
  const texts: string[] = [];
  for (const [variable, path] of [
    ['TLS_CERT_FILE', files.certificate],
    ['TLS_KEY_FILE', files.key],
  ] as const) {
    try {
      texts.push(readFile(path));
    } catch (error) {
      return `${variable} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return checkPair(texts[0] ?? '', texts[1] ?? '', files);
}

function checkPair(certificate: string, key: string, files: TlsFiles): TlsMaterial | string {
  const [own, ...others] = certificatesIn(certificate);
  if (own === undefined) return `TLS_CERT_FILE ${files.certificate} holds no certificate: expected PEM (BEGIN CERTIFICATE)`;
  if (/BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(key)) {
    return `TLS_KEY_FILE ${files.key} is encrypted: give a key without a passphrase, readable by this user alone`;
  }
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(key);
  } catch {
    return `TLS_KEY_FILE ${files.key} holds no private key: expected PEM (BEGIN PRIVATE KEY)`;
  }
  if (!own.checkPrivateKey(privateKey)) {
    const misplaced = others.some((other) => other.checkPrivateKey(privateKey));
    return misplaced
      ? `TLS_CERT_FILE ${files.certificate} begins with another certificate than the server's: put the server's own first`
      : `TLS_KEY_FILE ${files.key} is not the key of the certificate in TLS_CERT_FILE ${files.certificate}`;
  }
  try {
    createSecureContext(secureContextOf({ certificate, key }));
  } catch (error) {
    return `TLS_CERT_FILE and TLS_KEY_FILE cannot be used: ${error instanceof Error ? error.message : String(error)}`;
  }
  return { certificate, key, validFrom: Date.parse(own.validFrom), validUntil: Date.parse(own.validTo) };
}

/** Empty where one of the blocks cannot be read. */
function certificatesIn(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return [];
  }
}
