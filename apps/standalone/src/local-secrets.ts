import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RandomBytes } from '@tollgate/kernel';
import { BootError } from '@tollgate/nest';
import { z } from 'zod';

const BYTES = 32;
const SecretsSchema = z.object({
  version: z.literal(1),
  /** TOLLGATE_TOKEN_PEPPER */
  tokenPepper: z.string().min(43),
  /** TOLLGATE_SEALING_KEY: an X25519 private key, base64url of 32 bytes. */
  sealingKey: z.string().length(43),
  /** TOLLGATE_AUDIT_KEY: an Ed25519 private key, base64url of 32 bytes. */
  auditKey: z.string().length(43),
  /** Of the embedded Postgres. */
  databasePassword: z.string().min(16),
});
export type LocalSecrets = z.infer<typeof SecretsSchema>;
/** A folder of an earlier version lacks what came later. */
const EarlierSecretsSchema = SecretsSchema.partial({ auditKey: true });

/**
 * The secrets of this folder, made at the first start and never changed: without the pepper no token, without the sealing
 * key no stored credential can be used again. For its owner alone (mode 0600).
 */
export function readOrMakeSecrets(folder: string, randomBytes: RandomBytes): LocalSecrets {
  const path = join(folder, 'secrets.json');
  if (!existsSync(path)) return writeSecrets(path, makeSecrets(randomBytes));
  const kept = readSecrets(path);
  const secrets = { ...makeSecrets(randomBytes), ...kept };
  return kept.auditKey === undefined ? writeSecrets(path, secrets) : secrets;
}

function writeSecrets(path: string, secrets: LocalSecrets): LocalSecrets {
  const staged = `${path}.new`;
  writeFileSync(staged, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  chmodSync(staged, 0o600);
  renameSync(staged, path);
  return secrets;
}

export function makeSecrets(randomBytes: RandomBytes): LocalSecrets {
  const fresh = (): string => Buffer.from(randomBytes(BYTES)).toString('base64url');
  return { version: 1, tokenPepper: fresh(), sealingKey: fresh(), auditKey: fresh(), databasePassword: fresh() };
}

function readSecrets(path: string): z.infer<typeof EarlierSecretsSchema> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new BootError(`${path} cannot be read: give it back to the user that this runs as.`, 2, { cause });
  }
  try {
    return EarlierSecretsSchema.parse(JSON.parse(text));
  } catch {
    // Without the cause: it could quote the secrets.
    throw new BootError(`${path} is damaged: put back a copy, or move the whole folder away to begin anew.`, 2);
  }
}
