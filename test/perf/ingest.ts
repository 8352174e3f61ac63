// `npm run bench -- ingest [--check]`: usage records per second that one analytics process commits to a real Postgres (fsync
// on), over NATS, with few and with many tokens. The last line is JSON.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '@tollgate/database';
import { manageProcess, startNatsServer } from '@tollgate/testing';
import pg from 'pg';
import { obtainNatsServer } from '../obtain-nats-server.ts';
import { cpuMicroseconds } from './cpu.ts';
import type { IngestJob, IngestResult } from './ingest-sender.ts';
import { median } from './median.ts';

const CASES = [100, 5_000] as const;
const RECORDS = 40_000;
const ROUNDS = 3;
/** numbers.md: per analytics process on two cores. */
const CORES = 2;
const MICROSECONDS = 1e6;

const options = process.argv.slice(2);
if (options.some((option) => option !== '--check')) {
  process.stderr.write('bench ingest: takes --check\n');
  process.exit(2);
}
const budget = JSON.parse(readFileSync(new URL('./budget.json', import.meta.url), 'utf8')) as {
  readonly ingestRecordsPerSecondMin: number;
};
const say = (text: string): void => void process.stderr.write(`${text} ...\n`);

obtainNatsServer();
const folder = mkdtempSync(join(tmpdir(), 'tollgate-ingest-'));
say('starting Postgres, nats-server, analytics');
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), password: 'bench' });
const nats = await startNatsServer();
const analytics = manageProcess({
  name: 'analytics',
  command: process.execPath,
  args: ['--max-semi-space-size=8', fileURLToPath(new URL('../../apps/analytics/dist/main.js', import.meta.url))],
  env: {
    PATH: process.env['PATH'] ?? '',
    PORT: '0',
    LOG_LEVEL: 'warn',
    TOLLGATE_METRICS_PORT: 'off',
    TOLLGATE_MIGRATE: 'true',
    // As the supervisor and the image start it (docs/decisions/025), the flag above too.
    MALLOC_ARENA_MAX: '1',
    TOLLGATE_TOKEN_PEPPER: '0'.repeat(64),
    DATABASE_URL: postgres.url,
    NATS_URL: nats.url,
    // Set to write a profile: `NODE_OPTIONS=--cpu-prof npm run bench -- ingest`.
    ...(process.env['NODE_OPTIONS'] === undefined ? {} : { NODE_OPTIONS: process.env['NODE_OPTIONS'] }),
  },
  folder,
  logFile: join(folder, 'analytics.log'),
  up: { by: 'message' },
});
await analytics.start();
const sender = fork(fileURLToPath(new URL('./ingest-sender.ts', import.meta.url)), [nats.url], { execArgv: [] });
await once(sender, 'message');

/** The server with all its backends, which live as long as the pool does. */
const postgresPids = (): number[] => [
  postgres.pid,
  ...readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === postgres.pid),
];
function parentOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}
const spent = (): Record<'analytics' | 'postgres' | 'nats-server', number> => ({
  analytics: cpuMicroseconds(analytics.pid),
  postgres: postgresPids().reduce((sum, pid) => sum + cpuMicroseconds(pid), 0),
  'nats-server': cpuMicroseconds(nats.pid),
});

async function send(job: IngestJob): Promise<IngestResult> {
  const answer = once(sender, 'message');
  sender.send(job);
  const [message] = (await answer) as [{ result?: IngestResult; error?: string }];
  if (message.result === undefined) throw new Error(`The sender failed: ${message.error}`);
  if (message.result.committed !== job.records) throw new Error(`${message.result.committed} of ${job.records} were committed`);
  return message.result;
}

interface Figures {
  readonly tokens: number;
  readonly recordBytes: number;
  /** By the clock, the sender's own work on the same cores included. */
  readonly recordsPerSecond: number;
  /** CPU microseconds per record. */
  readonly cpu: Readonly<Record<'analytics' | 'postgres' | 'nats-server', number>>;
  /** What two cores could commit: of JavaScript's one thread, or of all three processes on both, whichever is less. */
  readonly recordsPerSecondByCpu: number;
}

async function measure(tokens: number): Promise<Figures> {
  say(`${tokens} tokens`);
  await send({ records: RECORDS, tokens });
  const rounds: { rate: number; analytics: number; postgres: number; nats: number; bytes: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = spent();
    const { seconds, recordBytes } = await send({ records: RECORDS, tokens });
    const after = spent();
    rounds.push({
      rate: RECORDS / seconds,
      analytics: (after.analytics - before.analytics) / RECORDS,
      postgres: (after.postgres - before.postgres) / RECORDS,
      nats: (after['nats-server'] - before['nats-server']) / RECORDS,
      bytes: recordBytes,
    });
  }
  const of = (what: keyof (typeof rounds)[number]): number => median(rounds.map((round) => round[what]));
  const cpu = { analytics: of('analytics'), postgres: of('postgres'), 'nats-server': of('nats') };
  const all = cpu.analytics + cpu.postgres + cpu['nats-server'];
  return {
    tokens,
    recordBytes: of('bytes'),
    recordsPerSecond: of('rate'),
    cpu,
    recordsPerSecondByCpu: Math.min(MICROSECONDS / cpu.analytics, (CORES * MICROSECONDS) / all),
  };
}

const figures: Figures[] = [];
let sums: { requests: string; records: string } | undefined;
try {
  for (const tokens of CASES) figures.push(await measure(tokens));
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  sums = (
    await client.query(
      'SELECT (SELECT sum(requests) FROM analytics.usage_daily)::text AS requests, (SELECT count(*) FROM analytics.usage_records)::text AS records',
    )
  ).rows[0];
  await client.end();
} finally {
  sender.disconnect();
  await analytics.kill('SIGTERM');
  await nats.stop();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.versions.node };
const min = budget.ingestRecordsPerSecondMin;
const exact = sums?.requests === sums?.records && Number(sums?.records) === CASES.length * (ROUNDS + 1) * RECORDS;
const ok = exact && figures.every((each) => each.recordsPerSecondByCpu >= min);
const cell = (value: number, digits = 1): string => value.toFixed(digits).padStart(11);
process.stdout.write(
  `machine: ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; records of ${figures[0]?.recordBytes} B, 50 a body; fsync on; ` +
    `median of ${ROUNDS} rounds of ${RECORDS}\n` +
    '  tokens   by clock/s     by CPU/s    analytics     Postgres  nats-server   (CPU us per record)\n',
);
for (const { tokens, recordsPerSecond, recordsPerSecondByCpu, cpu } of figures) {
  const cells = [cell(recordsPerSecond, 0), cell(recordsPerSecondByCpu, 0), ...Object.values(cpu).map((value) => cell(value))];
  process.stdout.write(
    `${String(tokens).padStart(8)}  ${cells.join('  ')}   ${recordsPerSecondByCpu >= min ? 'ok' : 'UNDER'} ${min} by CPU\n`,
  );
}
process.stdout.write(`rollups and records agree: ${exact ? 'yes' : `NO: ${JSON.stringify(sums)}`}\n`);
process.stdout.write(`${JSON.stringify({ bench: 'ingest', ok, machine, recordsPerSecondMin: min, figures, exact })}\n`);
process.exit(options.includes('--check') && !ok ? 1 : 0);
