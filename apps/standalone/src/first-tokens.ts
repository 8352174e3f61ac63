import { existsSync, readFileSync, rmSync } from 'node:fs';
import { BootError } from '@tollgate/nest';
import { z } from 'zod';

const FirstTokensSchema = z.object({
  token: z.string(),
  admin: z.string(),
  owner: z.object({ email: z.string(), password: z.string() }).optional(),
});

export interface FirstTokens {
  readonly token: string;
  readonly admin: string;
  /** Where TOLLGATE_OWNER_EMAIL asked for one. */
  readonly owner?: { readonly email: string; readonly password: string } | undefined;
}

/**
 * What auth left behind when it made the first organisation (`TOLLGATE_BOOTSTRAP_FILE`); null where there was one already.
 * A start that was killed before it could show them leaves the file to the next one.
 */
export function readFirstTokens(path: string): FirstTokens | null {
  if (!existsSync(path)) return null;
  try {
    return FirstTokensSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // Without the cause: it could quote the tokens.
    throw new BootError(`${path} is damaged: remove it, and make a new token with the admin token.`, 2);
  }
}

/** They have been shown: from now on only their digests exist. */
export const forgetFirstTokens = (path: string): void => rmSync(path, { force: true });
