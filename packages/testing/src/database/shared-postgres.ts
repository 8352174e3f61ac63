import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startTestPostgres, type TestPostgres } from './test-postgres.js';

/** Set by whoever has a Postgres for the tests already (superuser URL). */
const URL_VARIABLE = 'TOLLGATE_TEST_POSTGRES_URL';
/** Set by {@link offerSharedPostgres}: the port to ask for one. */
const BROKER_VARIABLE = 'TOLLGATE_TEST_POSTGRES_BROKER';

/**
 * For the global set-up of a test run: offers one Postgres to all its workers, started when the first asks. Returns
 * the tear-down.
 */
export async function offerSharedPostgres(): Promise<() => Promise<void>> {
  if (process.env[URL_VARIABLE]) return async () => undefined;
  let postgres: Promise<TestPostgres> | null = null;
  const server: Server = createServer((_request, response) => {
    postgres ??= startTestPostgres();
    postgres.then(
      ({ url }) => response.end(url),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env[BROKER_VARIABLE] = String((server.address() as AddressInfo).port);
  return async () => {
    server.close();
    await (await postgres)?.destroy();
  };
}

let own: Promise<TestPostgres> | null = null;

/** Superuser URL of the run's Postgres. Without one on offer this process starts its own, which ends with it. */
export async function sharedPostgresUrl(): Promise<string> {
  const given = process.env[URL_VARIABLE];
  if (given) return given;
  const broker = process.env[BROKER_VARIABLE];
  if (broker) return ask(Number(broker));
  own ??= startTestPostgres();
  return (await own).url;
}

function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}
