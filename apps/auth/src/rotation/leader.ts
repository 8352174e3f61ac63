import { readDatabaseUrl } from '@tollgate/database';
import pg from 'pg';

/** Names the lock among all advisory locks of the database; the same in every replica. */
const LOCK: readonly [number, number] = [0x746f_6c6c, 1];
const CONNECT_MS = 2_000;
const QUERY_MS = 5_000;

/**
 * At most one process holds the advisory lock of the database, on a connection of its own: with the connection it loses the
 * lock, and Postgres gives it to the next one that asks. Two that believe to lead for a moment do no harm, because each
 * step is a conditional update of its own.
 */
export class Leader {
  private client: pg.Client | null = null;

  constructor(private readonly url: string) {}

  /** Asks again each time: true while this process leads. */
  async leads(): Promise<boolean> {
    try {
      if (this.client !== null) {
        await this.client.query('SELECT 1');
        return true;
      }
      return await this.tryToLead();
    } catch {
      await this.resign();
      return false;
    }
  }

  async resign(): Promise<void> {
    const { client } = this;
    this.client = null;
    await client?.end().catch(() => undefined);
  }

  private async tryToLead(): Promise<boolean> {
    const { url: connectionString, ssl } = readDatabaseUrl(this.url);
    const client = new pg.Client({
      connectionString,
      ssl,
      application_name: 'tollgate-auth-rotation',
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: QUERY_MS,
      keepAlive: true,
    });
    client.on('error', () => {
      if (this.client === client) this.client = null;
    });
    await client.connect();
    try {
      const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS locked', [...LOCK]);
      if (rows[0]?.locked === true) {
        this.client = client;
        return true;
      }
    } catch {
      // Not answered in time: as good as not asked.
    }
    await client.end().catch(() => undefined);
    return false;
  }
}
