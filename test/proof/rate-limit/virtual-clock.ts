import pg from 'pg';

/** Any moment does; far from now, so that nobody takes the one clock for the other. */
const EPOCH_MS = Date.UTC(2030, 0, 1);

/**
 * Gives a database a clock that is moved by hand: sessions that begin from now on find `clock_timestamp()` in a schema that
 * comes before Postgres' own. The product's statements are what they are.
 */
export class VirtualClock {
  private readonly client: pg.Client;

  private constructor(client: pg.Client) {
    this.client = client;
  }

  static async install(databaseUrl: string): Promise<VirtualClock> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query('CREATE SCHEMA virtual');
    await client.query('CREATE UNLOGGED TABLE virtual.clock (at timestamptz NOT NULL) WITH (fillfactor = 10)');
    await client.query('INSERT INTO virtual.clock VALUES (to_timestamp($1))', [EPOCH_MS / 1_000]);
    await client.query(
      'CREATE FUNCTION virtual.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT at FROM virtual.clock $$',
    );
    await client.query(`ALTER DATABASE ${client.database} SET search_path = virtual, pg_catalog, public`);
    await client.query('SET synchronous_commit = off');
    return new VirtualClock(client);
  }

  /** Milliseconds since the clock was installed, with fraction. */
  async set(ms: number): Promise<void> {
    await this.client.query({
      name: 'set-clock',
      text: "UPDATE virtual.clock SET at = timestamptz '2030-01-01 00:00:00+00' + $1::float8 * interval '1 microsecond'",
      values: [Math.floor(ms * 1_000)],
    });
  }

  /** True where a session that begins now reads this clock. */
  async check(databaseUrl: string): Promise<boolean> {
    const other = new pg.Client({ connectionString: databaseUrl });
    await other.connect();
    const { rows } = await other.query<{ readonly year: number }>('SELECT extract(year FROM clock_timestamp())::int AS year');
    await other.end();
    return rows[0]?.year === 2030;
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
