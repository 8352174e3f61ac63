import { accessSync, chmodSync, constants, mkdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { BootError } from '@tollgate/nest';

/** Makes the folder where it is missing, for its owner alone; the absolute path. */
export function openDataFolder(path: string): string {
  const folder = resolve(path);
  try {
    const fresh = mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    // A folder that was there already may be shared on purpose; what is secret in it has its own mode.
    if (fresh === undefined && statSync(folder).uid === process.getuid?.()) chmodSync(folder, 0o700);
    return folder;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new BootError(`${folder} is no folder: move it away or name another one in TOLLGATE_DATA_DIR.`, 2, { cause: error });
    }
    const what = `The folder ${folder} cannot be written (${code}): make it writable or name another one in TOLLGATE_DATA_DIR.`;
    throw new BootError(what, 2, { cause: error });
  }
}
