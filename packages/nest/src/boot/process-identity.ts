import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { newId, type RandomBytes } from '@tollgate/kernel';

/** What this build is: `TOLLGATE_VERSION` of an image, else the version of the checkout. */
export function versionOfBuild(variables: Readonly<Record<string, string | undefined>>): string {
  const given = variables['TOLLGATE_VERSION'];
  if (given !== undefined && given !== '') return given;
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Tells this process from every other one, restarts included. */
export const newInstanceId = (now: number, randomBytes: RandomBytes): string =>
  `${hostname()}/${newId('proc', now, randomBytes)}`;
