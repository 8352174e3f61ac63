import { join } from 'node:path';
import { SERVICES, type Service } from '@tollgate/contracts';
import { configurationFile } from '../configuration-file.js';
import { environmentOf, type Places } from './environment-of.js';
import type { ProcessPlan } from './managed-process.js';
import { checkout } from './nats-plan.js';
import type { Counts } from './parse-flags.js';

export interface ServicePlan extends ProcessPlan {
  readonly services: readonly Service[];
  readonly url: URL;
}

export interface PlanningFacts {
  readonly counts: Counts;
  readonly places: Places;
  readonly folder: string;
  readonly bootstrapFile: string;
  readonly given: Readonly<Record<string, string | undefined>>;
  /** One for each process, and they stay theirs through every restart. */
  readonly ports: readonly number[];
}

const isOnPath = (services: readonly Service[]): boolean => services.includes('router') || services.includes('provider-adapters');
/** Decision 025: beside the path of calls a small young generation saves memory; on it, it costs CPU. */
const semiSpaceFlags = (services: readonly Service[]): readonly string[] => {
  if (isOnPath(services)) return [];
  return [`--max-semi-space-size=${services.includes('analytics') ? 8 : 2}`];
};
/** Same decision: beside the path the threads share one heap of the C library. */
const allocatorOf = (services: readonly Service[]): Readonly<Record<string, string>> =>
  isOnPath(services) ? {} : { MALLOC_ARENA_MAX: '1' };

export const processCount = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** One plan for each process of the installation. */
export function servicePlans(facts: PlanningFacts): readonly ServicePlan[] {
  const kinds = [...SERVICES, 'data-plane'] as const;
  const wanted = kinds.flatMap((kind) => Array.from({ length: facts.counts[kind] }, (_, index) => ({ kind, number: index + 1 })));
  const urls = wanted.map((_, index) => new URL(`http://127.0.0.1:${facts.ports[index]}`));
  const authUrl = urls[wanted.findIndex(({ kind }) => kind === 'auth')];
  return wanted.map(({ kind, number }, index) => {
    const services: readonly Service[] = kind === 'data-plane' ? ['router', 'provider-adapters'] : [kind];
    const name = `${kind}-${number}`;
    const url = urls[index] as URL;
    const main = kind === 'data-plane' ? 'apps/standalone/dist/main.js' : `apps/${kind}/dist/main.js`;
    return {
      name,
      services,
      url,
      file: process.execPath,
      args: [...semiSpaceFlags(services), checkout(main)],
      link: 'ipc',
      env: {
        LOG_LEVEL: 'warn',
        ...allocatorOf(services),
        TOLLGATE_METRICS_PORT: '0',
        ...configurationFile(),
        ...environmentOf(services, facts.places, facts.given),
        HOST: '127.0.0.1',
        PORT: url.port,
        TOLLGATE_DATA_DIR: facts.folder,
        ...(kind === 'data-plane' ? { TOLLGATE_ROLES: services.join(',') } : {}),
        ...(services.includes('router') ? { TOLLGATE_SPOOL_DIR: join(facts.folder, 'spool', name) } : {}),
        ...(services.includes('router') && authUrl !== undefined ? { TOLLGATE_AUTH_URL: authUrl.origin } : {}),
        ...(kind === 'auth' && number === 1 ? { TOLLGATE_BOOTSTRAP_FILE: facts.bootstrapFile } : {}),
      },
    };
  });
}
