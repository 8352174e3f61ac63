// `npm run bench [-- --check] [--only=distributed,data-plane,standalone] [--short]`: CPU per request and per frame of every
// process against the reference relay of the same run, latency, memory and start-up. The last line is JSON.
import { cpus, totalmem } from 'node:os';
import { ARRANGEMENTS, startOtlpReceiver } from '@tollgate/testing';
import { obtainNatsServer } from '../obtain-nats-server.ts';
import { compare, readBudget, referenceIsPinned } from './budget.ts';
import { startLoadGenerator, startServer } from './children.ts';
import { spentBy } from './cpu.ts';
import { type ArrangementFigures, measureArrangement, type Volume } from './measure-arrangement.ts';
import { median } from './median.ts';
import { describeFigures, describeFindings } from './print-figures.ts';

const options = process.argv.slice(2);
const has = (name: string): boolean => options.includes(name);
const only = options
  .find((option) => option.startsWith('--only='))
  ?.slice('--only='.length)
  .split(',');
const unknown = options.filter((option) => !['--check', '--short'].includes(option) && !option.startsWith('--only='));
if (unknown.length > 0 || only?.some((name) => !ARRANGEMENTS.some((known) => known === name))) {
  process.stderr.write(`bench: takes --check, --short and --only=${ARRANGEMENTS.join(',')}\n`);
  process.exit(2);
}

const WHOLE: Volume = { rounds: 5, requests: 8_000, concurrency: 16, streams: 100, framesPerStream: 100, lowLoadRequests: 200 };
const SHORT: Volume = { rounds: 1, requests: 1_000, concurrency: 16, streams: 50, framesPerStream: 50, lowLoadRequests: 50 };
const volume = has('--short') ? SHORT : WHOLE;
const say = (text: string): void => void process.stderr.write(`${text} ...\n`);

const budget = readBudget();
if (!referenceIsPinned(budget)) {
  process.stderr.write(
    'bench: reference-relay.ts is not the one that budget.json names: a change of it needs a decision record\n',
  );
  process.exit(1);
}
obtainNatsServer();

/** The yardstick of the yardstick: relay and echo in turns, on a small upstream. */
async function timesEcho(load: ReturnType<typeof startLoadGenerator>): Promise<{ echo: number; relay: number; ratio: number }> {
  const upstream = await startServer('./bare-echo.ts');
  const echo = await startServer('./bare-echo.ts');
  const relay = await startServer('./reference-relay.ts', `http://127.0.0.1:${upstream.port}`);
  const body = JSON.stringify({ model: 'sim-fast', messages: [{ role: 'user', content: 'x'.repeat(1_000) }] });
  const rounds: { echo: number; relay: number }[] = [];
  for (let round = 0; round <= volume.rounds + 1; round += 1) {
    const spent = { echo: 0, relay: 0 };
    for (const [name, server] of [
      ['echo', echo],
      ['relay', relay],
    ] as const) {
      const job = { port: server.port, path: '/v1/chat/completions', headers: {}, body, restMs: 0 };
      const run = await spentBy({ [name]: server.pid }, () =>
        load.run({ ...job, requests: volume.requests, concurrency: volume.concurrency }),
      );
      spent[name] = (run.spent[name] ?? 0) / volume.requests;
    }
    if (round > 1) rounds.push(spent);
  }
  await Promise.all([relay.stop(), echo.stop(), upstream.stop()]);
  return {
    echo: median(rounds.map((round) => round.echo)),
    relay: median(rounds.map((round) => round.relay)),
    ratio: median(rounds.map((round) => round.relay / round.echo)),
  };
}

const since = performance.now();
const load = startLoadGenerator();
const receiver = await startOtlpReceiver();
say('reference relay');
const yardstick = await timesEcho(load);
const arrangements: ArrangementFigures[] = [];
for (const arrangement of [...ARRANGEMENTS].reverse()) {
  if (only !== undefined && !only.includes(arrangement)) continue;
  arrangements.push(await measureArrangement(arrangement, volume, load, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }, say));
}
await load.stop();
await receiver.stop();

const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGigabytes: Math.round(totalmem() / 1e9),
  node: process.versions.node,
};
const switchedOn =
  'token, scope, model list, rate limit (leased), budget ticket, durable usage record with price, spans (10 % sampled, exported), log level info';
const [first] = arrangements;
process.stdout.write(
  `machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGigabytes} GB, Node ${machine.node}\n` +
    `payload: request ${first?.requestBytes ?? 0} B, answer ${first?.answerBytes ?? 0} B; ${volume.concurrency} at once; ` +
    `${volume.streams} streams, a frame every 20 ms; ${volume.rounds} rounds in turns, median\n` +
    `switched on: ${switchedOn}\n` +
    `reference relay ${yardstick.relay.toFixed(1)} us, bare echo ${yardstick.echo.toFixed(1)} us, ratio ${yardstick.ratio.toFixed(2)}\n`,
);
for (const figures of arrangements) process.stdout.write(describeFigures(figures));
const findings = compare(budget, yardstick.ratio, arrangements);
process.stdout.write(describeFindings(findings));
const ok = findings.every((each) => each.ok);
process.stdout.write(
  `${JSON.stringify({ bench: 'gateway', ok, durationSeconds: Math.round((performance.now() - since) / 1000), machine, switchedOn, yardstick, arrangements, findings })}\n`,
);
process.exit(has('--check') && !ok ? 1 : 0);
