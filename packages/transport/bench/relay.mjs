// CPU of a bare relay client -> NATS -> server -> NATS -> client, per request and per paced frame, from the operating
// system's accounting of each process. `node bench/relay.mjs [requests]` after a build; needs NATS_SERVER_BIN or PATH.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connectNats } from '@tollgate/transport';
import { startNatsServer } from '@tollgate/transport/nats-server';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const SUBJECT = 'bench.v1.relay';
const HEADERS = {
  'tg-request-id': 'req_01abcdefghjkmnpqrstvwxyz01',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  'tg-deadline': '1790000000000',
  'tg-tenant': 'org_01abcdefghjkmnpqrstvwxyz01',
};
const body = randomBytes(1024);
const meta = randomBytes(200);

if (process.argv[2] === '--serve') await serve(process.argv[3]);
else await drive(Number(process.argv[2] ?? 40_000));

function answer(stream) {
  stream.sendHead(meta);
  stream.send(body);
  stream.end(meta);
}

async function serve(url) {
  const transport = await connectNats({ servers: url, name: 'bench-server', clock, randomBytes });
  const paced = new Set();
  const pacer = setInterval(() => {
    for (const stream of paced) stream.send(body.subarray(0, 100));
  }, 20);
  transport.serveStream(SUBJECT, 'bench', (stream) => {
    if (stream.headers['tg-tenant'] === 'paced') {
      stream.sendHead(meta);
      paced.add(stream);
      stream.onCancel = () => paced.delete(stream);
      return;
    }
    if (stream.headers['tg-tenant'] === 'later') setTimeout(answer, 1 + Math.random() * 4, stream);
    else answer(stream);
  });
  process.on('message', (message) => {
    if (message === 'cpu') process.send(process.cpuUsage());
    else {
      clearInterval(pacer);
      transport.drain(100).then(() => process.exit(0));
    }
  });
  process.send('ready');
}

async function drive(count) {
  const server = await startNatsServer();
  const execArgv = process.env.PROFILE ? ['--cpu-prof', '--cpu-prof-dir', process.env.PROFILE] : [];
  const child = fork(import.meta.filename, ['--serve', server.url], { execArgv });
  await once(child, 'message');
  const transport = await connectNats({ servers: server.url, name: 'bench-client', clock, randomBytes });
  const usage = async () => {
    child.send('cpu');
    const [remote] = await once(child, 'message');
    return { client: micros(process.cpuUsage()), nats: natsMicros(server.pid), server: micros(remote) };
  };
  const report = async (name, per, run) => {
    const before = await usage();
    const units = await run();
    const after = await usage();
    const each = Object.fromEntries(Object.keys(before).map((key) => [key, ((after[key] - before[key]) / units).toFixed(2)]));
    const sum = Object.values(each).reduce((total, value) => total + Number(value), 0);
    process.stdout.write(`${name}: ${sum.toFixed(2)} us CPU per ${per} (${JSON.stringify(each)}), ${units} ${per}s\n`);
  };
  const opening = { headers: HEADERS, meta, body, deadlineMs: 60_000 };
  const later = { ...opening, headers: { ...HEADERS, 'tg-tenant': 'later' } };
  const relay = (total, concurrent, how = opening) =>
    new Promise((resolve) => {
      let opened = 0;
      let done = 0;
      const next = () => {
        if (opened === total) return;
        opened += 1;
        const stream = transport.openStream(SUBJECT, how, {
          onHead() {},
          onData(chunk) {
            stream.consumed(chunk.length);
          },
          onEnd() {
            done += 1;
            if (done === total) resolve(total);
            else next();
          },
          onError(error) {
            throw new Error(error.code);
          },
        });
      };
      for (let index = 0; index < concurrent; index += 1) next();
    });
  const paced = (streams, forMs) =>
    new Promise((resolve) => {
      let frames = 0;
      const receiver = {
        onHead() {},
        onData() {
          frames += 1;
        },
        onEnd() {},
        onError() {},
      };
      const open = Array.from({ length: streams }, () =>
        transport.openStream(SUBJECT, { ...opening, headers: { 'tg-tenant': 'paced' } }, receiver),
      );
      setTimeout(() => {
        for (const stream of open) stream.cancel('done');
        resolve(frames);
      }, forMs);
    });
  await relay(Math.min(count, 20_000), 16);
  await report('relay, 1 KB, 16 at a time', 'request', () => relay(count, 16));
  await report('relay, 1 KB, 1 at a time', 'request', () => relay(Math.ceil(count / 8), 1));
  await report('relay, 1 KB, 16 at a time, each answered after 1 to 5 ms', 'request', () =>
    relay(Math.ceil(count / 2), 16, later),
  );
  await report('paced, 64 streams', 'frame', () => paced(64, 4000));
  child.send('end');
  await once(child, 'exit');
  await transport.drain(100);
  await server.stop();
}

function micros({ user, system }) {
  return user + system;
}

function natsMicros(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
