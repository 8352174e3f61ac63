import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { EnvironmentError, readEnvironment } from '@tollgate/kernel';
import type { AnyServiceDefinition } from '../service-definition.js';
import type { BootOverrides } from './boot-overrides.js';
import { COMMON_ENVIRONMENT } from './common-environment.js';
import { listenFailure } from './describe-boot-failure.js';
import { type Configuration, readConfiguration } from './read-configuration.js';

/**
 * Environment and files, before anything is opened: every mistake in them is thrown at once ({@link EnvironmentError}),
 * and with them a busy port, which would be the next thing to stumble over.
 */
export async function readEverything(
  definitions: readonly AnyServiceDefinition[],
  overrides: BootOverrides,
): Promise<Configuration> {
  const variables = overrides.variables ?? process.env;
  const source = { variables, readFile: (path: string) => readFileSync(path, 'utf8') };
  const problems = new Set(overrides.problems);
  let configuration: Configuration | null = null;
  try {
    configuration = readConfiguration(definitions, source, overrides.provideDatabase !== undefined);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    for (const problem of error.problems) problems.add(problem);
  }
  for (const { findMistakes } of definitions) {
    for (const problem of (await findMistakes?.(variables)) ?? []) problems.add(problem);
  }
  if (problems.size === 0 && configuration !== null) return configuration;
  const busy = await findBusyPort(source);
  if (busy !== null) problems.add(busy);
  throw new EnvironmentError([...problems]);
}

/** What is wrong with the port of the API; null where nothing is, or where PORT or HOST cannot even be read. */
async function findBusyPort(source: Parameters<typeof readEnvironment>[1]): Promise<string | null> {
  const { port, host } = COMMON_ENVIRONMENT;
  let place: { readonly port: number; readonly host: string };
  try {
    place = readEnvironment({ port, host }, source);
  } catch {
    return null;
  }
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(listenFailure(error, place.host, place.port, 'PORT').message));
    server.listen({ ...place, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
