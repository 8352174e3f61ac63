import { ORIGIN_ROUTES } from '@tollgate/contracts';
import { EnvironmentError, type EnvironmentSource, type EnvironmentSpec, readEnvironment } from '@tollgate/kernel';
import { DEFAULT_BRAND, type PepperSet, TOKEN_BRAND_VARIABLE, TOKEN_PEPPER_VARIABLE } from '@tollgate/policy';
import type { TlsMaterial } from '../http/read-tls.js';
import type { AnyServiceDefinition } from '../service-definition.js';
import { COMMON_ENVIRONMENT, type CommonEnvironment } from './common-environment.js';
import { readSecrecy } from './read-secrecy.js';

export interface Configuration {
  readonly common: CommonEnvironment;
  /** null where the port speaks plain HTTP. */
  readonly tls: TlsMaterial | null;
  /** By service name. */
  readonly services: ReadonlyMap<string, object>;
  /** Where the process serves management routes: what the guard checks tokens with. */
  readonly peppers: PepperSet | null;
  /** First letters of the tokens that the guard takes. */
  readonly brand: string;
}

/** Whether a part of the management API, and with it the guard, belongs to the service. */
const servesManagement = ({ name }: AnyServiceDefinition): boolean =>
  ORIGIN_ROUTES.some(({ prefix, service }) => service === name && prefix.startsWith('/api/'));

/** Reads what the process and each of its services need; all mistakes of all of them are thrown at once. */
export function readConfiguration(
  definitions: readonly AnyServiceDefinition[],
  source: EnvironmentSource,
  databaseComes = false,
): Configuration {
  const problems = new Set<string>();
  const read = <S extends EnvironmentSpec>(spec: S) => {
    try {
      return readEnvironment(spec, source);
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      for (const problem of error.problems) problems.add(problem);
      return null;
    }
  };
  const common = read(COMMON_ENVIRONMENT);
  const services = new Map(definitions.map((definition) => [definition.name, read(definition.environment) ?? {}]));
  const stores = definitions.filter((definition) => definition.database !== null);
  const guard = definitions.some(servesManagement) ? read({ peppers: TOKEN_PEPPER_VARIABLE, brand: TOKEN_BRAND_VARIABLE }) : null;
  if (common?.databaseUrl === null && stores.length > 0 && !databaseComes) {
    const names = stores.map((definition) => definition.name).join(', ');
    problems.add(`DATABASE_URL is missing: ${names} needs Postgres: postgres://user:password@host:port/database`);
  }
  const { tls, problems: found } = common === null ? { tls: null, problems: [] } : readSecrecy(common, source);
  for (const problem of found) problems.add(problem);
  if (problems.size > 0 || common === null) throw new EnvironmentError([...problems]);
  return { common, tls, services, peppers: guard?.peppers ?? null, brand: guard?.brand ?? DEFAULT_BRAND };
}
