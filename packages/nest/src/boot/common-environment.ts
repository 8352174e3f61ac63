import {
  booleanVariable,
  choiceVariable,
  type EnvironmentOf,
  integerVariable,
  optionalText,
  textVariable,
  urlVariable,
  type VariableSpec,
} from '@tollgate/kernel';
import { LOG_LEVELS, type LogLevel } from '@tollgate/telemetry';
import { TRUSTED_PROXIES_VARIABLE } from '../http/trusted-proxies.js';

const LEVELS: readonly LogLevel[] = LOG_LEVELS;

/** What every process reads, whatever services it hosts. */
export const COMMON_ENVIRONMENT = {
  port: integerVariable({
    name: 'PORT',
    purpose: 'Port of the API; 0 takes a free one.',
    min: 0,
    max: 65_535,
    fallback: 8_080,
  }),
  host: textVariable({ name: 'HOST', purpose: 'Address to listen on; 0.0.0.0 for all.', fallback: '127.0.0.1' }),
  publicUrl: urlVariable<string | null>({
    name: 'PUBLIC_URL',
    purpose: 'Where callers reach this gateway, for links and snippets.',
    protocols: ['http:', 'https:'],
    fallback: null,
  }),
  tlsCertFile: optionalText({
    name: 'TLS_CERT_FILE',
    purpose: 'The port speaks HTTPS with this certificate, those between it and the root behind it; read again when it changes.',
    expected: 'the path of a PEM file',
  }),
  tlsKeyFile: optionalText({
    name: 'TLS_KEY_FILE',
    purpose: 'Private key of that certificate, without a passphrase.',
    expected: 'the path of a PEM file',
  }),
  trustedProxies: TRUSTED_PROXIES_VARIABLE,
  allowPlainHttp: booleanVariable({
    name: 'TOLLGATE_ALLOW_PLAIN_HTTP',
    purpose: 'Takes tokens over plain HTTP from other machines too: for closed networks only.',
    fallback: false,
  }),
  metricsPort: metricsPortVariable(),
  logLevel: choiceVariable<LogLevel>({
    name: 'LOG_LEVEL',
    purpose: 'Least severe level that is logged.',
    choices: LEVELS,
    fallback: 'info',
  }),
  natsServers: natsServersVariable(),
  natsCaFile: optionalText({
    name: 'NATS_CA_FILE',
    purpose: 'Certificates of authorities that vouch for the NATS server, instead of those that Node knows.',
    expected: 'the path of a PEM file',
  }),
  natsCredsFile: optionalText({
    name: 'NATS_CREDS_FILE',
    purpose: 'Credentials for NATS as `nsc` writes them; read again at each connection.',
    expected: 'the path of a .creds file',
  }),
  databaseUrl: urlVariable<string | null>({
    name: 'DATABASE_URL',
    purpose: 'Postgres of the services that store something; each has a schema of its own in it.',
    protocols: ['postgres:', 'postgresql:'],
    fallback: null,
    secret: true,
  }),
  databasePool: integerVariable({
    name: 'TOLLGATE_DATABASE_POOL',
    purpose: 'Most connections to Postgres per service.',
    min: 1,
    max: 200,
    fallback: 10,
  }),
  databaseWaitMs: optionalInteger({
    name: 'TOLLGATE_DATABASE_WAIT_MS',
    purpose: 'How long to wait at the start for a Postgres that is out of reach; unset waits for ever (the standalone: 5 s).',
    min: 0,
    max: 86_400_000,
  }),
  migrate: choiceVariable<'true' | 'false' | 'only' | 'unset'>({
    name: 'TOLLGATE_MIGRATE',
    purpose: 'Run migrations at the start (true), refuse an older schema (false), or run them and exit (only).',
    choices: ['true', 'false', 'only', 'unset'],
    fallback: 'unset',
  }),
  drainGraceMs: integerVariable({
    name: 'TOLLGATE_DRAIN_GRACE_MS',
    purpose: 'How long streams may go on after a request to stop, milliseconds.',
    min: 0,
    max: 3_600_000,
    fallback: 30_000,
  }),
  keepAliveMs: integerVariable({
    name: 'TOLLGATE_KEEP_ALIVE_MS',
    purpose: 'How long an idle connection of a caller is kept, milliseconds; keep it above what a load balancer in front keeps.',
    min: 1_000,
    max: 3_600_000,
    fallback: 75_000,
  }),
  largeBodiesBytesMax: integerVariable({
    name: 'TOLLGATE_LARGE_BODIES_MAX_BYTES',
    purpose: 'Bodies longer than one NATS message that a process serves at once, all together; one more is refused.',
    min: 33 * 1024 * 1024,
    max: 64 * 1024 * 1024 * 1024,
    fallback: 512 * 1024 * 1024,
  }),
  otelEndpoint: httpUrl('OTEL_EXPORTER_OTLP_ENDPOINT', 'Base URL of an OTLP receiver; unset exports nothing.'),
  otelTracesEndpoint: httpUrl('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'Whole URL for traces, instead of the base URL.'),
  otelProtocol: choiceVariable<'http/protobuf'>({
    name: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    purpose: 'How spans travel.',
    choices: ['http/protobuf'],
    fallback: 'http/protobuf',
  }),
  otelExporter: choiceVariable<'otlp' | 'none'>({
    name: 'OTEL_TRACES_EXPORTER',
    purpose: 'Where spans go.',
    choices: ['otlp', 'none'],
    fallback: 'otlp',
  }),
  otelSampler: choiceVariable({
    name: 'OTEL_TRACES_SAMPLER',
    purpose: 'How roots are sampled; below a root its decision stands.',
    choices: ['parentbased_traceidratio', 'parentbased_always_on', 'parentbased_always_off'],
    fallback: 'parentbased_traceidratio',
  }),
  otelSampleRatio: ratioVariable('OTEL_TRACES_SAMPLER_ARG', 'Share of roots that are sampled; failures always are.', 0.1),
  otelDisabled: booleanVariable({ name: 'OTEL_SDK_DISABLED', purpose: 'Switches the export of spans off.', fallback: false }),
  otelServiceName: optionalText({ name: 'OTEL_SERVICE_NAME', purpose: 'Name of this process in traces.' }),
  otelResource: optionalText({
    name: 'OTEL_RESOURCE_ATTRIBUTES',
    purpose: 'Further attributes of this process in traces.',
    expected: 'key=value pairs with commas between',
  }),
};

export type CommonEnvironment = EnvironmentOf<typeof COMMON_ENVIRONMENT>;

/** null = the usual 9464, or any free port where that is taken; 'off' = none. */
function metricsPortVariable(): VariableSpec<number | 'off' | null> {
  return {
    name: 'TOLLGATE_METRICS_PORT',
    purpose: 'Port of /metrics (Prometheus); 0 takes a free one, off has none. Unset: 9464, or a free one where that is taken.',
    expected: 'a whole number from 0 to 65535, or off',
    fallback: null,
    parse: (text) => {
      if (text === 'off') return 'off';
      return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : null;
    },
  };
}

function natsServersVariable(): VariableSpec<readonly string[] | null> {
  return {
    name: 'NATS_URL',
    purpose: 'The bus between processes: one server or several with commas between. Unset: all services in this one process.',
    expected: 'a URL that starts with nats:// or tls://, or several with commas between',
    // May carry a user and a password.
    secret: true,
    fallback: null,
    parse: (text) => {
      const servers = text.split(',').map((server) => server.trim());
      const good = servers.every((server) => URL.canParse(server) && ['nats:', 'tls:'].includes(new URL(server).protocol));
      return good ? servers : null;
    },
  };
}

function httpUrl(name: string, purpose: string): VariableSpec<string | null> {
  return urlVariable<string | null>({ name, purpose, protocols: ['http:', 'https:'], fallback: null });
}

function optionalInteger(details: {
  readonly name: string;
  readonly purpose: string;
  readonly min: number;
  readonly max: number;
}): VariableSpec<number | null> {
  const { parse, expected } = integerVariable(details);
  return { ...details, expected, fallback: null, parse };
}

function ratioVariable(name: string, purpose: string, fallback: number): VariableSpec<number> {
  return {
    name,
    purpose,
    expected: 'a number from 0 to 1',
    fallback,
    parse: (text) => (/^(0(\.\d+)?|1(\.0+)?|\.\d+)$/.test(text) ? Number(text) : null),
  };
}
