import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Service, serviceOfPath } from '@tollgate/contracts';
import { startTestPostgres } from '../database/test-postgres.js';
import { startNatsServer } from '../nats-server.js';
import { startSimulatedOpenAiProcess } from '../simulated-openai/process.js';
import { startSimulatedProvidersProcess } from '../simulated-providers/process.js';
import { waitFor } from '../wait-for.js';
import { configFile } from './config-file.js';
import { freePort } from './free-port.js';
import { manageProcess } from './managed-process.js';
import type { Backing, ServiceProcess, Stack, StackSettings } from './stack.js';

const REPOSITORY = resolve(fileURLToPath(new URL('../../../..', import.meta.url)));
const secret = (): string => randomBytes(32).toString('base64url');

interface Plan {
  readonly name: string;
  readonly services: readonly Service[];
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where others must know it beforehand. */
  readonly port?: number;
}

const app = (name: string): string => join(REPOSITORY, 'apps', name, 'dist/main.js');

/** Starts the product in one of its three ways and waits until it answers. What fails is stopped again. */
export async function startStack(settings: StackSettings): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), `tollgate-stack-${settings.arrangement}-`));
  const closers: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return await start(settings, folder, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(
  settings: StackSettings,
  folder: string,
  closers: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<Stack> {
  const upstream = await startSimulatedOpenAiProcess();
  closers.push(() => upstream.stop());
  const vendors = settings.vendors === true ? await startSimulatedProvidersProcess() : null;
  if (vendors !== null) closers.push(() => vendors.stop());
  const providerKey = `sk-canary-${secret()}`;
  const configPath = join(folder, 'tollgate.yaml');
  writeFileSync(configPath, configFile(upstream.url, providerKey, vendors));
  const base: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? folder,
    LOG_LEVEL: 'info',
    TOLLGATE_METRICS_PORT: 'off',
    TOLLGATE_CONFIG: configPath,
    ...(settings.otlpUrl === undefined
      ? {}
      : {
          OTEL_EXPORTER_OTLP_ENDPOINT: settings.otlpUrl,
          OTEL_TRACES_SAMPLER: 'parentbased_always_on',
          OTEL_BSP_SCHEDULE_DELAY: '200',
        }),
  };
  const own = { ...base, ...settings.env };
  const processes: ServiceProcess[] = [];
  const canaries = [providerKey];
  const launch = async (plan: Plan): Promise<void> => {
    const made = await planned(plan, folder, settings.arrangement === 'standalone');
    processes.push(made);
    await made.start();
  };

  let [nats, postgres, databaseUrl]: [Backing | null, Backing | null, string | null] = [null, null, null];
  let tokens: { token: string; admin: string };
  const stopServices = () => Promise.all(processes.map((each) => each.kill('SIGTERM')));
  if (settings.arrangement === 'standalone') {
    closers.push(stopServices);
    await launch({
      name: 'standalone',
      services: ['auth', 'catalog', 'router', 'provider-adapters', 'analytics'],
      script: app('standalone'),
      env: { TOLLGATE_DATA_DIR: join(folder, 'data'), ...own },
    });
    tokens = readReady(processes[0]?.greeting ?? '');
    const secrets = JSON.parse(readFileSync(join(folder, 'data', 'secrets.json'), 'utf8')) as Record<string, unknown>;
    canaries.push(...Object.values(secrets).filter((value) => typeof value === 'string'));
  } else {
    const server = await startTestPostgres(settings.postgresSettings);
    closers.push(() => server.destroy());
    postgres = { kill: () => server.kill(), start: () => server.start(), pid: () => 0 };
    databaseUrl = server.url;
    const bus = await startNatsServer();
    closers.push(() => bus.stop());
    nats = { kill: () => bus.kill(), start: () => bus.restart(), pid: () => bus.pid };
    closers.push(stopServices);
    const [pepper, sealingKey, auditKey] = [secret(), secret(), secret()];
    canaries.push(pepper, sealingKey, auditKey);
    const authPort = await freePort();
    const bootstrapFile = join(folder, 'bootstrap.json');
    const stores = { DATABASE_URL: server.url, TOLLGATE_MIGRATE: 'true', TOLLGATE_TOKEN_PEPPER: pepper };
    const joined = { NATS_URL: bus.url, ...own };
    const back: Plan[] = [
      {
        name: 'auth',
        services: ['auth'],
        script: app('auth'),
        port: authPort,
        env: { ...stores, TOLLGATE_AUDIT_KEY: auditKey, TOLLGATE_BOOTSTRAP_FILE: bootstrapFile, ...joined },
      },
      ...Array.from({ length: (settings.auths ?? 1) - 1 }, (_, index): Plan => {
        const env = { ...stores, TOLLGATE_AUDIT_KEY: auditKey, ...joined };
        return { name: `auth-${index + 2}`, services: ['auth'], script: app('auth'), env };
      }),
      { name: 'catalog', services: ['catalog'], script: app('catalog'), env: { ...stores, ...joined } },
      { name: 'analytics', services: ['analytics'], script: app('analytics'), env: { ...stores, ...joined } },
    ];
    const plane = (name: string): Record<string, string> => ({
      TOLLGATE_TOKEN_PEPPER: pepper,
      TOLLGATE_SPOOL_DIR: join(folder, `spool-${name}`),
      TOLLGATE_AUTH_URL: `http://127.0.0.1:${authPort}`,
      ...joined,
    });
    const opens = { TOLLGATE_SEALING_KEY: sealingKey };
    const front: Plan[] = [];
    for (let i = 1; i <= (settings.routers ?? 1); i += 1) {
      if (settings.arrangement === 'data-plane') {
        const name = `data-plane-${i}`;
        const env = { TOLLGATE_ROLES: 'router,provider-adapters', ...opens, ...plane(name) };
        front.push({ name, services: ['router', 'provider-adapters'], script: app('standalone'), env });
      } else front.push({ name: `router-${i}`, services: ['router'], script: app('router'), env: plane(`router-${i}`) });
    }
    if (settings.arrangement === 'distributed') {
      for (let i = 1; i <= (settings.adapters ?? 1); i += 1) {
        const env = { ...opens, ...joined };
        front.push({ name: `provider-adapters-${i}`, services: ['provider-adapters'], script: app('provider-adapters'), env });
      }
    }
    for (const plan of front)
      if (plan.name.startsWith('router')) mkdirSync(join(folder, `spool-${plan.name}`), { recursive: true });
    await Promise.all([...back, ...front].map(launch));
    const written = await waitFor(() => readFileSync(bootstrapFile, 'utf8'), { what: 'the bootstrap file of auth' });
    tokens = JSON.parse(written) as { token: string; admin: string };
  }
  canaries.push(tokens.token, tokens.admin);

  const of = (service: Service): readonly ServiceProcess[] => processes.filter(({ services }) => services.includes(service));
  const api: Stack['api'] = async (path, init = {}) => {
    const service = serviceOfPath(path.split('?')[0] ?? path);
    const target = service === null ? undefined : of(service)[0];
    if (target === undefined) throw new Error(`No service answers ${path}`);
    const response = await fetch(target.url + path, {
      method: init.method ?? 'GET',
      headers: {
        authorization: `Bearer ${tokens.admin}`,
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  };
  const stack: Stack = {
    arrangement: settings.arrangement,
    url: (of('router')[0] as ServiceProcess).url,
    routerUrls: of('router').map(({ url }) => url),
    token: tokens.token,
    adminToken: tokens.admin,
    processes,
    nats,
    postgres,
    databaseUrl,
    upstream,
    vendors,
    canaries,
    of,
    api,
    createToken: async (fields = {}) => {
      const { status, body } = await api('/api/v1/tokens', { method: 'POST', body: { name: 'test', ...fields } });
      if (status !== 201) throw new Error(`No token was made: ${status} ${JSON.stringify(body)}`);
      return body as { id: string; token: string };
    },
    logs: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.log'))
        .map((name) => readFileSync(join(folder, name), 'utf8'))
        .join('\n'),
    stop: close,
  };
  await untilAnswering(stack);
  return stack;
}

async function planned(plan: Plan, folder: string, standalone: boolean): Promise<ServiceProcess> {
  const port = plan.port ?? (await freePort());
  const onPath = plan.services.includes('router') || plan.services.includes('provider-adapters');
  const youngMegabytes = !standalone && plan.services.includes('analytics') ? 8 : 2;
  const managed = manageProcess({
    name: plan.name,
    command: process.execPath,
    // As `npm start`, the supervisor and the image start them (docs/decisions/025).
    args: [...(standalone || !onPath ? [`--max-semi-space-size=${youngMegabytes}`] : []), plan.script],
    env: { ...(standalone || onPath ? {} : { MALLOC_ARENA_MAX: '1' }), ...plan.env, PORT: String(port) },
    folder,
    logFile: join(folder, `${plan.name}.log`),
    up: standalone ? { by: 'line', pattern: /^ready url=/ } : { by: 'message' },
    upWithinMs: 60_000,
  });
  return Object.defineProperties(managed, {
    services: { value: plan.services },
    url: { value: `http://127.0.0.1:${port}` },
  }) as ServiceProcess;
}

function readReady(line: string): { token: string; admin: string } {
  const [, token, admin] = / token=(\S+) admin=(\S+)/.exec(line) ?? [];
  if (token === undefined || admin === undefined) throw new Error(`No tokens in the line: ${line}`);
  return { token, admin };
}

/** Ready by its own word, and a first call has gone through. */
async function untilAnswering(stack: Stack): Promise<void> {
  for (const { url, name } of stack.processes) {
    await waitFor(async () => (await fetch(`${url}/readyz`)).status === 200, { timeoutMs: 60_000, what: `${name} ready` });
  }
  for (const url of stack.routerUrls) {
    await waitFor(
      async () => {
        const response = await fetch(`${url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${stack.token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'sim/sim-fast', messages: [{ role: 'user', content: 'warm' }], user: 'warm-up' }),
        });
        const text = await response.text();
        if (response.status !== 200) throw new Error(`${response.status} ${text}`);
        return true;
      },
      { timeoutMs: 30_000, intervalMs: 100, what: 'a first answered call' },
    );
  }
}
