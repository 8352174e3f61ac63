import { open, rename, rm } from 'node:fs/promises';
import type { FirstSecrets } from './bootstrap-first-organisation.js';

/** Writes `{"token", "admin", "owner"?}` for the owner's eyes only, whole or not at all. */
export async function writeSecretsFile(path: string, { token, admin, owner }: FirstSecrets): Promise<void> {
  const draft = `${path}.${process.pid}.draft`;
  await rm(draft, { force: true });
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ token, admin, owner })}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
