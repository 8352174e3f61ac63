import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SERVICES, type Service } from '@tollgate/contracts';
import { readEnvironment } from '@tollgate/kernel';
import { COMMON_ENVIRONMENT } from '@tollgate/nest';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadServices } from './services.js';

interface Container {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}
interface Compose {
  readonly services: Readonly<Record<string, Container>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, unknown>>;
}

const repository = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const compose = parse(readFileSync(repository('docker/compose.yaml'), 'utf8'), { merge: true }) as Compose;
const containerOf = (service: Service): Container => {
  const container = compose.services[service];
  if (container === undefined) throw new Error(`no container for ${service}`);
  return container;
};

/** The secrets as the script of the same folder makes them. */
function withSecrets(check: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-compose-'));
  try {
    cpSync(repository('docker/make-secrets.sh'), join(folder, 'make-secrets.sh'));
    execFileSync('/bin/sh', [join(folder, 'make-secrets.sh')]);
    check(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('the file runs every service, a Postgres and a bus, each with a probe', () => {
  expect(Object.keys(compose.services).sort()).toEqual([...SERVICES, 'postgres', 'nats'].sort());
  for (const [name, { healthcheck }] of Object.entries(compose.services)) expect(healthcheck?.test[0], name).toBe('CMD');
});

test('what a container names is there: program, secrets, volumes, networks, neighbours', () => {
  for (const [name, container] of Object.entries(compose.services)) {
    for (const secret of container.secrets ?? []) expect(compose.secrets, name).toHaveProperty(secret);
    for (const network of container.networks ?? []) expect(compose.networks, name).toHaveProperty(network);
    for (const [neighbour, { condition }] of Object.entries(container.depends_on ?? {})) {
      expect(compose.services[neighbour]?.healthcheck, name).toBeDefined();
      expect(condition).toBe('service_healthy');
    }
    for (const volume of container.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect(existsSync(repository(join('docker', source))), volume).toBe(true);
      else expect(compose.volumes, name).toHaveProperty(source);
    }
  }
  for (const service of SERVICES) {
    const [program = ''] = containerOf(service).command ?? [];
    expect(program).toBe(`apps/${service}/dist/main.js`);
    expect(existsSync(repository(program.replace('dist/main.js', 'src/main.ts')))).toBe(true);
  }
});

test('each service knows every variable that it is given, and is given every one that it needs', async () => {
  const definitions = await loadServices(SERVICES);
  // The guard of the management API reads these two in every service that has a part of it, as auth does.
  const { peppers, brand } = definitions.find(({ name }) => name === 'auth')?.environment ?? {};
  withSecrets((folder) => {
    for (const definition of definitions) {
      const spec = {
        ...COMMON_ENVIRONMENT,
        ...definition.environment,
        ...(definition.database === null ? {} : { peppers, brand }),
      };
      const container = containerOf(definition.name);
      const known = Object.values(spec).flatMap(({ name, secret }) => (secret === true ? [name, `${name}_FILE`] : [name]));
      const given = Object.entries(container.environment ?? {}).filter(([, value]) => value !== null) as [string, string][];
      // Of Node itself and of its C library.
      const names = Object.keys(container.environment ?? {}).filter(
        (name) => !['NODE_OPTIONS', 'MALLOC_ARENA_MAX'].includes(name),
      );
      for (const name of names) expect(known, definition.name).toContain(name);
      // Throws with the list where one is missing or not usable.
      const values = readEnvironment(spec, {
        variables: Object.fromEntries(given),
        readFile: (path) => {
          const secret = path.replace('/run/secrets/', '');
          expect(container.secrets, definition.name).toContain(secret);
          return readFileSync(join(folder, compose.secrets[secret]?.file ?? ''), 'utf8');
        },
      }) as { readonly natsServers: unknown; readonly databaseUrl: string | null };
      expect(values.natsServers).not.toBeNull();
      expect(values.databaseUrl === null, definition.name).toBe(definition.database === null);
    }
  });
});

test('only the adapters get the sealing key, and no secret stands in the file', () => {
  for (const service of SERVICES) {
    const { secrets = [], environment = {} } = containerOf(service);
    expect(secrets.includes('sealing_key'), service).toBe(service === 'provider-adapters');
    for (const name of Object.keys(environment))
      expect(name).not.toMatch(/^(DATABASE_URL|TOLLGATE_TOKEN_PEPPER|TOLLGATE_SEALING_KEY)$/);
  }
});

test('the script makes secrets for their owner alone, and never a second time', () => {
  withSecrets((folder) => {
    const before = readFileSync(join(folder, 'secrets/token_pepper'), 'utf8');
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700);
    execFileSync('/bin/sh', [join(folder, 'make-secrets.sh')]);
    expect(readFileSync(join(folder, 'secrets/token_pepper'), 'utf8')).toBe(before);
    expect(readFileSync(join(folder, 'secrets/database_url'), 'utf8')).toContain(
      `:${readFileSync(join(folder, 'secrets/postgres_password'), 'utf8')}@postgres:`,
    );
  });
});
