import { accessSync, chmodSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BootError } from '@tollgate/nest';

/** Makes the folder where it is missing, for its owner alone; the absolute path. */
export function openDataFolder(path: string): string {
  const folder = resolve(path);
  try {
    const fresh = makeFolders(folder);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    // A folder that was there already may be shared on purpose; what is secret in it has its own mode.
    if (!fresh && statSync(folder).uid === process.getuid?.()) chmodSync(folder, 0o700);
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

/**
 * True where it was made. Parent by parent, since Node's own recursive mkdir never returns where the system says ENOENT of
 * a folder whose parent is there (`/proc`, some network mounts).
 */
function makeFolders(folder: string): boolean {
  const missing: string[] = [];
  for (let path = folder; !existsSync(path); path = dirname(path)) missing.unshift(path);
  for (const path of missing) mkdirSync(path, { mode: 0o700 });
  if (!statSync(folder).isDirectory()) throw Object.assign(new Error(folder), { code: 'ENOTDIR' });
  return missing.length > 0;
}
