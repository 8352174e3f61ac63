import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface NatsServerOptions {
  /** By default `NATS_SERVER_BIN`, else `nats-server` on PATH. */
  readonly binary?: string;
  /** By default a free one. */
  readonly port?: number;
  /** Bytes; the server's default is 1 MiB. */
  readonly maxPayload?: number;
  /** Further lines of its configuration: TLS, accounts. */
  readonly config?: string;
}

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  /** Of the process that runs now: a restart gives a new one. */
  readonly pid: number;
  /** Orderly, by SIGTERM. */
  stop(): Promise<void>;
  /** By SIGKILL. */
  kill(): Promise<void>;
  /** Starts a new process on the same port; ends the one that runs. */
  restart(): Promise<void>;
}

const START_MS = 10_000;

/** Starts a nats-server for a test on 127.0.0.1; throws where no binary is to be found. */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const binary = options.binary ?? process.env.NATS_SERVER_BIN ?? 'nats-server';
  const port = options.port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-nats-'));
  const file = join(folder, 'nats.conf');
  const limit = options.maxPayload === undefined ? '' : `max_payload: ${options.maxPayload}\n`;
  writeFileSync(file, `${limit}${options.config ?? ''}\n`);
  const start = () => launch(binary, ['-c', file, '-a', '127.0.0.1', '-p', String(port), '-sd', folder], port);
  let child = await start();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid as number;
    },
    stop: async () => {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGKILL');
      child = await start();
    },
  };
}

async function launch(binary: string, args: string[], port: number): Promise<ChildProcess> {
  // As the supervisor starts it (docs/decisions/084).
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, GOMAXPROCS: '1' } });
  let printed = '';
  child.stderr?.on('data', (chunk) => {
    printed = (printed + chunk).slice(-4000);
  });
  let failure: Error | null = null;
  child.once('error', (error) => {
    failure = new Error(`no nats-server can be started (${binary}): name one in NATS_SERVER_BIN or put it on PATH`, {
      cause: error,
    });
  });
  const giveUpAt = Date.now() + START_MS;
  while (!(await answers(port))) {
    if (failure !== null) throw failure;
    if (child.exitCode !== null) throw new Error(`nats-server ended at once: ${printed}`);
    if (Date.now() > giveUpAt) throw new Error(`nats-server does not listen on ${port}: ${printed}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => socket.destroy());
    socket.once('data', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
