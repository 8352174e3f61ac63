// `npm run proof` lists the suites; `npm run proof -- NAME [--seed=N]` runs one on real processes. The last line is JSON.
import { randomInt } from 'node:crypto';
import { obtainNatsServer } from '../obtain-nats-server.ts';
import { audit } from './audit/audit.ts';
import { badInput } from './bad-input/bad-input.ts';
import { budget } from './budget/budget.ts';
import { forgery } from './forgery/forgery.ts';
import { injection } from './injection/injection.ts';
import { mainJob } from './main-job.ts';
import { oauth } from './oauth/oauth.ts';
import { parity } from './parity/parity.ts';
import { postgresAway } from './parity/postgres-away.ts';
import { permissions } from './permissions/permissions.ts';
import type { ProofSuite } from './proof-suite.ts';
import { rateLimit } from './rate-limit/rate-limit.ts';
import { revocation } from './revocation/revocation.ts';
import { rotation } from './rotation/rotation.ts';
import { routing } from './routing/routing.ts';
import { ssrf } from './ssrf/ssrf.ts';
import { transport } from './transport.ts';

const SUITES: readonly ProofSuite[] = [
  mainJob,
  transport,
  badInput,
  parity,
  postgresAway,
  audit,
  forgery,
  injection,
  rotation,
  permissions,
  revocation,
  rateLimit,
  budget,
  oauth,
  ssrf,
  routing,
];
const TIME_MS = 20 * 60_000;

const bounds = (suite: ProofSuite): string =>
  Object.entries(suite.bounds)
    .map(([name, { min, max }]) => `${name}${min === undefined ? '' : ` >= ${min}`}${max === undefined ? '' : ` <= ${max}`}`)
    .join(', ');

const [name, ...options] = process.argv.slice(2);
if (name === undefined) {
  for (const suite of SUITES)
    process.stdout.write(`${suite.name.padEnd(13)} ${suite.summary}\n${' '.repeat(14)}${bounds(suite)}\n`);
  process.stdout.write('\nnpm run proof -- NAME [--seed=N]\n');
  process.exit(0);
}
const suite = SUITES.find((each) => each.name === name);
const seedText = options.find((option) => option.startsWith('--seed='))?.slice(7);
if (suite === undefined || options.some((option) => !/^--seed=\d+$/.test(option))) {
  process.stderr.write(
    `proof: no such suite or option: choose one of ${SUITES.map((each) => each.name).join(', ')} [--seed=N]\n`,
  );
  process.exit(2);
}
const seed = seedText === undefined ? randomInt(2 ** 31) : Number(seedText);
const since = performance.now();
const seconds = (): number => Math.round((performance.now() - since) / 1000);
const say = (text: string): void => void process.stderr.write(`[${String(seconds()).padStart(4)} s] ${text}\n`);

function finish(counts: Readonly<Record<string, number>>, trouble: string | null): never {
  const short = Object.entries(suite?.bounds ?? {}).flatMap(([what, { min, max }]) => {
    const value = counts[what];
    if (value === undefined) return [`${what} was not counted`];
    if (min !== undefined && value < min) return [`${what} is ${value}, below ${min}`];
    return max !== undefined && value > max ? [`${what} is ${value}, above ${max}`] : [];
  });
  for (const line of short) say(`short: ${line}`);
  if (trouble !== null) say(trouble);
  const ok = short.length === 0 && trouble === null;
  process.stdout.write(`${JSON.stringify({ proof: name, ok, seed, duration_s: seconds(), counts })}\n`);
  process.exit(ok ? 0 : 1);
}

obtainNatsServer();
say(`${suite.name}, seed ${seed}: ${bounds(suite)}`);
setTimeout(() => finish({}, `not done within ${TIME_MS / 60_000} minutes`), TIME_MS).unref();
try {
  finish(await suite.run({ seed, say }), null);
} catch (error) {
  finish({}, error instanceof Error ? (error.stack ?? error.message) : String(error));
}
