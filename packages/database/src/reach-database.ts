import pg from 'pg';
import { readDatabaseUrl } from './read-database-url.js';

const CONNECT_MS = 5_000;

/** One connection, opened and closed again: resolves where a login succeeds, else rejects with what Postgres or the network said. */
export async function reachDatabase(url: string): Promise<void> {
  const { url: connectionString, ssl } = readDatabaseUrl(url);
  const client = new pg.Client({ connectionString, ssl, connectionTimeoutMillis: CONNECT_MS, query_timeout: CONNECT_MS });
  // What happens to it after the answer is of no interest.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    // Not awaited where the peer never answers: `end` would wait for it.
    void client.end().catch(() => undefined);
  }
}
