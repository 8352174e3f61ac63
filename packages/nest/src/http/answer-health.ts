import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readiness } from '../readiness.js';

export interface HealthFacts {
  readonly readiness: Readiness;
  /** Body of /version. */
  readonly version: Readonly<Record<string, unknown>>;
}

/** Answers the probes, also while the services are still booting; false for any other path. */
export function answerHealth(facts: HealthFacts, request: IncomingMessage, response: ServerResponse): boolean {
  switch (pathOf(request.url ?? '/')) {
    case '/healthz':
    case '/health/liveliness':
      sendJson(response, 200, { status: 'ok' });
      return true;
    case '/readyz':
    case '/health/readiness': {
      const report = facts.readiness.report();
      sendJson(response, report.ready ? 200 : 503, report);
      return true;
    }
    case '/version':
      sendJson(response, 200, facts.version);
      return true;
    default:
      return false;
  }
}

export const pathOf = (url: string): string => {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
};

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}
