import type { Service } from '@tollgate/contracts';

type Variables = Readonly<Record<string, string | undefined>>;

export interface Places {
  readonly natsUrl: string;
  readonly databaseUrl: string;
  readonly tokenPepper: string;
  readonly sealingKey: string;
  readonly auditKey: string;
}

/** What any program may need to run, and what is meant for all of ours; everything else may be somebody's secret. */
const SHARED =
  /^(PATH|HOME|USER|SHELL|TMPDIR|TEMP|TMP|SYSTEMROOT|LANG|LC_.*|TZ|TERM|NODE_.*|OTEL_.*|LOG_LEVEL|HOST|PUBLIC_URL|BASE_PATH|TOLLGATE_.*)$/i;
const SECRETS = ['TOLLGATE_TOKEN_PEPPER', 'TOLLGATE_SEALING_KEY', 'TOLLGATE_AUDIT_KEY'].flatMap((name) => [name, `${name}_FILE`]);
/** Where one is given at all. */
const OF_AUTH = ['TOLLGATE_OAUTH_KEY', 'TOLLGATE_OAUTH_KEY_FILE'];
/** The ingress speaks TLS, and knows who stands in front; the processes hear it from the ingress. The bus is ours. */
const OF_THE_INGRESS = /^(TLS_.*|TRUSTED_PROXIES|NATS_.*)$/;

/**
 * The environment of one process: each gets the secrets that its services need and no others, so that whoever takes over
 * one process has what that one has. Keys of providers reach the adapters alone.
 */
export function environmentOf(services: readonly Service[], places: Places, given: Variables): Record<string, string> {
  const opens = services.includes('provider-adapters');
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === '' || SECRETS.includes(name)) continue;
    if (/^DATABASE_URL(_FILE)?$/.test(name) || OF_THE_INGRESS.test(name)) continue;
    if (OF_AUTH.includes(name) && !services.includes('auth')) continue;
    if (opens || SHARED.test(name)) result[name] = value;
  }
  result['TRUSTED_PROXIES'] = 'loopback';
  result['NATS_URL'] = places.natsUrl;
  if (opens) result['TOLLGATE_SEALING_KEY'] = places.sealingKey;
  if (services.includes('auth')) result['TOLLGATE_AUDIT_KEY'] = places.auditKey;
  if (services.some((service) => service !== 'provider-adapters')) result['TOLLGATE_TOKEN_PEPPER'] = places.tokenPepper;
  if (services.some((service) => STORING.includes(service))) result['DATABASE_URL'] = places.databaseUrl;
  return result;
}

export const STORING: readonly Service[] = ['auth', 'catalog', 'analytics'];
