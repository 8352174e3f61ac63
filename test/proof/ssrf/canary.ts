import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Nobody may come here: one port at three addresses of this machine. */
const ADDRESSES = ['127.0.0.1', '127.0.0.2', '::1'] as const;
/** What the guard lets through: the simulated upstream, the bus, Postgres and the services themselves. */
const ALLOWED = '127.0.0.1';

export interface Canary {
  readonly port: number;
  connections(): number;
  close(): Promise<void>;
}

const listen = (server: Server, host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, host, () => resolve(true));
  });
const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

export async function openCanary(addresses: readonly string[] = ADDRESSES): Promise<Canary> {
  for (;;) {
    let connections = 0;
    const servers: Server[] = [];
    let port = 0;
    for (const host of addresses) {
      const server = createServer((socket) => {
        connections += 1;
        socket.on('error', () => undefined).destroy();
      });
      if (!(await listen(server, host, port))) break;
      servers.push(server);
      port = (server.address() as AddressInfo).port;
    }
    if (servers.length === addresses.length)
      return { port, connections: () => connections, close: async () => void (await Promise.all(servers.map(closed))) };
    // Somebody else has the port at one of them.
    await Promise.all(servers.map(closed));
  }
}

export interface Redirector {
  readonly port: number;
  /** Asked for by a client that was sent there. */
  readonly followed: () => number;
  /** The first request of each. */
  readonly asked: () => number;
  close(): Promise<void>;
}

/** `/r/<status>/<location in base64url>/...` sends to that location; `/followed` is where none may come. */
export async function openRedirector(): Promise<Redirector> {
  let [followed, asked] = [0, 0];
  const server = createHttpServer((request: IncomingMessage, response) => {
    request.resume();
    const [, kind, status, location] = (request.url ?? '').split('/');
    if (kind !== 'r') followed += 1;
    else asked += 1;
    const sends = kind === 'r' && status?.startsWith('3') === true;
    const to = sends ? { location: Buffer.from(location ?? '', 'base64url').toString() } : {};
    response.writeHead(kind === 'r' ? Number(status) : 200, { ...to, 'content-type': 'application/json' });
    response.end('{}');
  });
  await listen(server, ALLOWED, 0);
  const { port } = server.address() as AddressInfo;
  return { port, followed: () => followed, asked: () => asked, close: () => closed(server) };
}

/** What the processes of the stack have tried, by their own account. */
export class ConnectionLog {
  readonly folder = mkdtempSync(join(tmpdir(), 'tollgate-ssrf-'));

  attempts(): readonly { readonly address: string; readonly port: number }[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith('.connections'))
      .flatMap((name) => readFileSync(join(this.folder, name), 'utf8').split('\n'))
      .filter((line) => line !== '')
      .map((line) => {
        const [address = '', port] = line.split(' ');
        return { address, port: Number(port) };
      });
  }

  /** Tried, though nobody has allowed it. */
  forbidden(canaryPort: number): readonly string[] {
    return this.attempts()
      .filter(({ address, port }) => address !== ALLOWED || port === canaryPort)
      .map(({ address, port }) => `${address} ${port}`);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
