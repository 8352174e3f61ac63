import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';

export interface DatabaseAddress {
  /** Without what says how to encrypt. */
  readonly url: string;
  readonly ssl: DatabaseTls | false;
}

export type DatabaseTls = Pick<
  ConnectionOptions,
  'minVersion' | 'rejectUnauthorized' | 'ca' | 'cert' | 'key' | 'checkServerIdentity'
>;

const PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'ssl'] as const;

/**
 * Takes the TLS settings of libpq out of a URL. `sslmode` disable (or none) asks for none; `no-verify` encrypts and believes
 * whoever answers; `prefer`, `require`, `verify-ca` and `verify-full` all verify certificate and host, for encryption to a
 * stranger keeps nothing secret. `sslrootcert`, `sslcert` and `sslkey` name PEM files; throws Node's own error where one
 * cannot be read. A URL with `uselibpqcompat` is left to the driver.
 */
export function readDatabaseUrl(text: string): DatabaseAddress {
  if (!URL.canParse(text)) return { url: text, ssl: false };
  const url = new URL(text);
  const parameters = url.searchParams;
  if (parameters.has('uselibpqcompat') || !PARAMETERS.some((name) => parameters.has(name))) return { url: text, ssl: false };
  const mode = parameters.get('sslmode') ?? (/^(0|false)$/.test(parameters.get('ssl') ?? '') ? 'disable' : 'verify-full');
  const file = (name: string): Buffer | undefined => {
    const path = parameters.get(name);
    return path === null || path === '' ? undefined : readFileSync(path);
  };
  const ssl = mode === 'disable' ? false : optionsOf(mode, url.hostname, file);
  for (const name of PARAMETERS) parameters.delete(name);
  return { url: url.href, ssl };
}

function optionsOf(mode: string, hostname: string, file: (name: string) => Buffer | undefined): DatabaseTls {
  const [ca, cert, key] = [file('sslrootcert'), file('sslcert'), file('sslkey')];
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: mode !== 'no-verify',
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    // The driver gives Node no name where the host is an address, and Node would compare with `localhost`.
    ...(isIP(host) === 0 || mode === 'no-verify' ? {} : { checkServerIdentity: (_, shown) => checkServerIdentity(host, shown) }),
  };
}
