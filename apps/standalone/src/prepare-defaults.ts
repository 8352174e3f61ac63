import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES, type Service } from '@tollgate/contracts';
import { EnvironmentError, type EnvironmentSource, readEnvironment, type VariableSpec } from '@tollgate/kernel';
import { BootError } from '@tollgate/nest';
import { configurationFile } from './configuration-file.js';
import { openDataFolder } from './data-folder.js';
import { makeSecrets, readOrMakeSecrets } from './local-secrets.js';
import { lockFolder } from './lock-folder.js';
import { STANDALONE_ENVIRONMENT } from './standalone-environment.js';

type Variables = Readonly<Record<string, string | undefined>>;

/** What the services are started with, before anything runs. */
export interface Defaults {
  readonly roles: readonly Service[];
  /** All roles: on the embedded defaults, else a data plane that belongs to a larger installation. */
  readonly whole: boolean;
  readonly variables: Variables;
  readonly folder: string;
  /** Of the embedded Postgres. */
  readonly databasePassword: string;
  /** What is wrong so far; the services add what they find, and all of it is told at once. */
  readonly problems: readonly string[];
}

/** Reads our own variables and makes what an operator would have to give. The lock of the folder is among the closers then. */
export function prepareDefaults(closers: (() => unknown)[]): Defaults {
  const problems: string[] = [];
  const source = { variables: process.env, readFile: (path: string) => readFileSync(path, 'utf8') };
  const roles = readOne(STANDALONE_ENVIRONMENT.roles, source, problems) ?? SERVICES;
  if (roles.length < SERVICES.length) {
    if (!process.env['NATS_URL'] && !process.env['NATS_URL_FILE']) {
      problems.push('NATS_URL is missing: a process with some of the roles reaches the others over NATS (nats://host:4222).');
    }
    return { roles, whole: false, variables: process.env, folder: '', databasePassword: '', problems };
  }
  const wanted = readOne(STANDALONE_ENVIRONMENT.dataDir, source, problems) ?? '';
  const { folder, secrets } = openFolder(wanted, closers, problems);
  const given = process.env;
  const defaults: Record<string, string> = {
    LOG_LEVEL: 'warn',
    TOLLGATE_DATA_DIR: folder,
    TOLLGATE_SPOOL_DIR: join(folder, 'spool'),
    TOLLGATE_BOOTSTRAP_FILE: join(folder, 'bootstrap.json'),
  };
  if (!given['TOLLGATE_TOKEN_PEPPER_FILE']) defaults['TOLLGATE_TOKEN_PEPPER'] = secrets.tokenPepper;
  if (!given['TOLLGATE_SEALING_KEY_FILE']) defaults['TOLLGATE_SEALING_KEY'] = secrets.sealingKey;
  if (!given['TOLLGATE_AUDIT_KEY_FILE']) defaults['TOLLGATE_AUDIT_KEY'] = secrets.auditKey;
  const variables = withDefaults({ ...defaults, ...configurationFile() });
  return { roles, whole: true, variables, folder, databasePassword: secrets.databasePassword, problems };
}

/** A folder that cannot be used is one mistake among others; one that is in use ends the start at once. */
function openFolder(
  wanted: string,
  closers: (() => unknown)[],
  problems: string[],
): { readonly folder: string; readonly secrets: ReturnType<typeof makeSecrets> } {
  let folder = '';
  try {
    folder = openDataFolder(wanted);
  } catch (error) {
    if (!(error instanceof BootError)) throw error;
    problems.push(error.message);
    // Kept nowhere: the start ends with the list of mistakes.
    return { folder: '', secrets: makeSecrets(randomBytes) };
  }
  const lock = lockFolder(folder);
  closers.push(() => lock.release());
  return { folder, secrets: readOrMakeSecrets(folder, randomBytes) };
}

function readOne<T>(spec: VariableSpec<T>, source: EnvironmentSource, problems: string[]): T | null {
  try {
    return readEnvironment({ value: spec }, source).value as T;
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    problems.push(...error.problems);
    return null;
  }
}

/** An empty variable counts as absent, as everywhere. */
function withDefaults(defaults: Readonly<Record<string, string>>): Variables {
  const given = Object.entries(process.env).filter(([, value]) => value !== undefined && value !== '');
  return { ...defaults, ...Object.fromEntries(given) };
}
