import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { type ManagedProcess, manageProcess } from './managed-process.js';

export interface NatsProcess {
  readonly url: string;
  readonly process: ManagedProcess;
}

/** A nats-server of one's own that comes back on the same port; the binary is `NATS_SERVER_BIN` or on PATH. */
export async function startNats(folder: string): Promise<NatsProcess> {
  const port = await freePort();
  const server = manageProcess({
    name: 'nats-server',
    command: process.env['NATS_SERVER_BIN'] || 'nats-server',
    args: ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', join(folder, 'jetstream')],
    env: { PATH: process.env['PATH'] ?? '' },
    folder,
    logFile: join(folder, 'nats-server.log'),
    up: { by: 'probe', probe: () => untilGreeted(port) },
  });
  await server.start();
  return { url: `nats://127.0.0.1:${port}`, process: server };
}

/** A NATS server speaks first: its INFO line. */
async function untilGreeted(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'data');
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    } finally {
      socket.destroy();
    }
  }
}
