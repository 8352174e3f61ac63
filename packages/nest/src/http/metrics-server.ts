import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger, Metrics } from '@tollgate/telemetry';
import { pathOf } from './answer-health.js';

const USUAL_PORT = 9_464;

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** `/metrics` on a port of its own, so that it need not be reachable from where callers are. */
export async function startMetricsServer(settings: {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly host: string;
  /** null = the usual port, or a free one where that is taken. */
  readonly port: number | null;
}): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (pathOf(request.url ?? '/') !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    settings.metrics.render().then(
      (text) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      (error: unknown) => {
        settings.logger.error({ error }, 'metrics could not be rendered');
        response.writeHead(500).end();
      },
    );
  });
  try {
    await listen(server, settings.port ?? USUAL_PORT, settings.host);
  } catch (error) {
    if (settings.port !== null) throw error;
    await listen(server, 0, settings.host);
    settings.logger.warn({ port: (server.address() as AddressInfo).port }, 'metrics port 9464 is taken: another one is used');
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${settings.host}:${port}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
