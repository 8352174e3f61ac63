import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** `tollgate.yaml` of the working folder is taken where it is there and nothing else is named. */
export function configurationFile(): Readonly<Record<string, string>> {
  const path = resolve('tollgate.yaml');
  return existsSync(path) ? { TOLLGATE_CONFIG: path } : {};
}
