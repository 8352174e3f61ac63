import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Clock } from '@tollgate/kernel';
import { dial, transportOver } from '../nats/connect-nats.js';
import type { NatsTransport } from '../nats/nats-transport.js';
import type { NatsServer } from '../testing/start-nats-server.js';
import type { Bus, OtherProcess } from './fixture.js';

export const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** Transports on one server, and what can be done to it. */
export class NatsBus implements Bus {
  readonly #transports: NatsTransport[] = [];
  readonly #children: ChildProcess[] = [];

  constructor(private readonly server: NatsServer) {}

  async join(echo = true, largeBodiesBytesMax?: number): Promise<NatsTransport> {
    const room = largeBodiesBytesMax === undefined ? {} : { largeBodiesBytesMax };
    const options = { servers: this.server.url, name: 'conformance', clock, randomBytes, echo, ...room };
    const transport = transportOver(await dial(options), options);
    this.#transports.push(transport);
    return transport;
  }

  restart(): Promise<void> {
    return this.server.restart();
  }

  kill(): Promise<void> {
    return this.server.kill();
  }

  joinCramped(largeBodiesBytesMax: number): Promise<NatsTransport> {
    return this.join(true, largeBodiesBytesMax);
  }

  async joinLossy() {
    const options = { servers: this.server.url, name: 'lossy', clock, randomBytes };
    const connection = await dial(options);
    const state = { lose: false };
    const publish = connection.publish.bind(connection);
    connection.publish = (...message) => {
      if (!state.lose) publish(...message);
    };
    const transport = transportOver(connection, options);
    this.#transports.push(transport);
    return Object.assign(state, { transport });
  }

  serveElsewhere(subject: string): Promise<OtherProcess> {
    return this.#spawn('serve', subject);
  }

  openElsewhere(subject: string, bytes = 0): Promise<OtherProcess> {
    return this.#spawn('open', subject, bytes);
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await Promise.all(this.#transports.map((transport) => transport.drain(0)));
    await this.server.stop();
  }

  async #spawn(what: string, subject: string, bytes = 0): Promise<OtherProcess> {
    const sources = new URL('other-process-hooks.mjs', import.meta.url).href;
    const child = fork(new URL('other-process.ts', import.meta.url), [what, this.server.url, subject, String(bytes)], {
      execArgv: ['--experimental-transform-types', '--no-warnings', '--conditions=@tollgate/source', '--import', sources],
    });
    this.#children.push(child);
    const lines: string[] = [];
    let wake = (): void => {};
    child.on('message', (line) => {
      lines.push(String(line));
      wake();
    });
    child.once('exit', () => wake());
    const heard = async (line: string): Promise<void> => {
      while (!lines.includes(line)) {
        if (child.exitCode !== null) throw new Error(`the other process ended before ${line}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    await heard('ready');
    return {
      heard,
      kill: () => void child.kill('SIGKILL'),
      pause: () => void child.kill('SIGSTOP'),
      resume: () => void child.kill('SIGCONT'),
    };
  }
}
