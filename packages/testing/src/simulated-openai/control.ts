import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EntryBase, Ledger } from './ledger.js';

/** A simulation that keeps account. */
export interface Controlled {
  readonly ledger: Ledger<EntryBase>;
  readonly connections: number;
  /** Makes the next `times` calls of a provider fail so; throws on an unknown fault. */
  arm?(provider: string, fault: string, times?: number): void;
}

/**
 * The ledger over HTTP, for a simulation in a process of its own: GET /ledger?after=NUMBER, GET /state, POST /clear and,
 * where faults can be armed, POST /faults?provider=NAME&fault=NAME&times=COUNT (400: no such fault).
 */
export async function serveControl(upstream: Controlled): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://control');
    if (request.method === 'POST' && url.pathname === '/clear') {
      upstream.ledger.clear();
      response.end('{}');
      return;
    }
    if (request.method === 'POST' && url.pathname === '/faults') {
      const read = (name: string): string => url.searchParams.get(name) ?? '';
      try {
        upstream.arm?.(read('provider'), read('fault'), Number(read('times') || 1));
        response.end('{}');
      } catch (error) {
        response.writeHead(400, { 'content-type': 'text/plain' });
        response.end(String(error));
      }
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    if (url.pathname === '/ledger') {
      const after = Number(url.searchParams.get('after') ?? 0);
      response.end(JSON.stringify(upstream.ledger.entries.filter((entry) => entry.number > after)));
    } else {
      response.end(JSON.stringify({ entries: upstream.ledger.entries.length, connections: upstream.connections }));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, server };
}
