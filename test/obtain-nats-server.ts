import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../packages/tooling/bin/obtain-nats-server.mjs', import.meta.url));

/** Sees to it that `NATS_SERVER_BIN` names a server; ends the process with a clear line where none can be had. */
export function obtainNatsServer(): void {
  const { status, stdout } = spawnSync(process.execPath, [SCRIPT], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const path = stdout.trim().split('\n').at(-1);
  if (status !== 0 || !path) {
    process.stderr.write('no nats-server could be had: put one on PATH or name it in NATS_SERVER_BIN\n');
    process.exit(1);
  }
  process.env['NATS_SERVER_BIN'] = path;
}
