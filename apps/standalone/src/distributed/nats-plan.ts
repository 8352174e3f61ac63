import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { BootError } from '@tollgate/nest';
import type { ProcessPlan } from './managed-process.js';

/** The checkout that this file was built in: `apps/standalone/dist/distributed/` lies four folders down. */
export const checkout = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

/** Path of a nats-server; the script says what to do where there is none. */
export function obtainNatsServer(): string {
  const { status, stdout } = spawnSync(process.execPath, [checkout('packages/tooling/bin/obtain-nats-server.mjs')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new BootError('no nats-server, no bus: see the line above.');
  return stdout.trim().split('\n').at(-1) ?? '';
}

/**
 * The shell becomes nats-server and leaves a watcher behind that reads our end of the pipe: end of file means that the
 * supervisor is gone, however that came about.
 */
const GUARDED = 'exec 3<&0; ( (read _ <&3; kill -TERM $$) >/dev/null 2>&1 & ); exec "$0" "$@" </dev/null 3<&-';

/** Who may speak on the bus of this run: everybody who may could call providers and write usage. */
export interface BusLogin {
  readonly user: string;
  readonly password: string;
}

/** The login is in a file of ours alone, never in an argument. */
export function natsPlan(binary: string, port: number, login: BusLogin, configPath: string): ProcessPlan {
  const authorization = `authorization { user: "${login.user}", password: "${login.password}" }`;
  writeFileSync(configPath, `listen: "127.0.0.1:${port}"\nlog_file: "/dev/null"\n${authorization}\n`, { mode: 0o600 });
  return {
    name: 'nats-server',
    file: '/bin/sh',
    args: ['-c', GUARDED, binary, '-c', configPath],
    // One thread carries far more than the services here send, and spares the wake-ups of the others (decision 084).
    env: { PATH: process.env['PATH'], GOMAXPROCS: '1' },
    link: 'pipe',
    isUp: () => answers(port),
  };
}

/** A NATS server speaks first: `INFO {...}`. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (up: boolean): void => {
      socket.destroy();
      resolve(up);
    };
    socket.once('data', (chunk: Buffer) => end(chunk.toString('latin1').startsWith('INFO ')));
    socket.once('error', () => end(false));
    socket.setTimeout(1_000, () => end(false));
  });
}
