import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SimulatedOpenAi } from './server.js';

/** The ledger over HTTP, for a simulation in a process of its own: GET /ledger?after=NUMBER, GET /state, POST /clear. */
export async function serveControl(upstream: SimulatedOpenAi): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://control');
    if (request.method === 'POST' && url.pathname === '/clear') {
      upstream.ledger.clear();
      response.end('{}');
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
