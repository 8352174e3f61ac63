import type { EnvironmentSource } from '@tollgate/kernel';
import { readTls, type TlsMaterial } from '../http/read-tls.js';
import type { CommonEnvironment } from './common-environment.js';

type Named = Pick<CommonEnvironment, 'tlsCertFile' | 'tlsKeyFile' | 'natsCaFile' | 'natsCredsFile'>;

/** Reads the files that keep what we say from others; a line for each that is missing or wrong. */
export function readSecrecy(
  named: Named,
  source: EnvironmentSource,
): { readonly tls: TlsMaterial | null; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const { tlsCertFile: certificate, tlsKeyFile: key } = named;
  let tls: TlsMaterial | null = null;
  if (certificate !== null && key !== null) {
    const read = readTls({ certificate, key }, source.readFile);
    if (typeof read === 'string') problems.push(read);
    else tls = read;
  } else if (certificate !== null) problems.push('TLS_KEY_FILE is missing: the key of the certificate in TLS_CERT_FILE');
  else if (key !== null) problems.push('TLS_CERT_FILE is missing: the certificate of the key in TLS_KEY_FILE');
  for (const [variable, path, mark] of [
    ['NATS_CA_FILE', named.natsCaFile, 'BEGIN CERTIFICATE'],
    ['NATS_CREDS_FILE', named.natsCredsFile, 'BEGIN NATS USER JWT'],
  ] as const) {
    if (path === null) continue;
    try {
      if (!source.readFile(path).includes(mark)) problems.push(`${variable} ${path} is no such file: it has no "${mark}"`);
    } catch (error) {
      problems.push(`${variable} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { tls, problems };
}
