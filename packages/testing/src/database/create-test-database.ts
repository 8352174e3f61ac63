import { createHash, randomBytes } from 'node:crypto';
import { createDataSource, type DataSourceSettings, runMigrations } from '@tollgate/database';
import pg from 'pg';
import { sharedPostgresUrl } from './shared-postgres.js';

/** A service's `database` fits. */
export interface TestSchema {
  readonly schema: string;
  readonly migrations: readonly unknown[];
}

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  drop(): Promise<void>;
}

/** Advisory lock under which templates are made, so that workers wait for one another instead of making two. */
const TEMPLATE_LOCK = 0x746d706c;

/** A database of its own with all migrations applied: a copy of a template that is made once per test run. */
export async function createTestDatabase(...schemas: readonly TestSchema[]): Promise<TestDatabase> {
  const server = await sharedPostgresUrl();
  const name = `test_${randomBytes(8).toString('hex')}`;
  await withClient(server, async (client) => {
    const template = await ensureTemplate(client, server, schemas);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  return {
    url: databaseUrl(server, name),
    name,
    drop: () => withClient(server, (client) => dropDatabase(client, name)),
  };
}

const OBJECT_IN_USE = '55006';

/**
 * Postgres itself waits up to 5 s for connections that are just being closed. Cutting those off at once would raise an error
 * in a client that has said good-bye and listens no more; force is for what a test left open.
 */
async function dropDatabase(client: pg.Client, name: string): Promise<void> {
  try {
    await client.query(`DROP DATABASE IF EXISTS ${name}`);
  } catch (error) {
    if ((error as { code?: string }).code !== OBJECT_IN_USE) throw error;
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }
}

async function ensureTemplate(client: pg.Client, server: string, schemas: readonly TestSchema[]): Promise<string> {
  const template = `template_${fingerprint(schemas)}`;
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template]);
    if (found.rowCount !== 0) return template;
    // Under another name until it is whole.
    const draft = `${template}_draft`;
    await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${draft}`);
    for (const schema of schemas) await migrate(databaseUrl(server, draft), schema);
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${template}`);
    return template;
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

async function migrate(url: string, { schema, migrations }: TestSchema): Promise<void> {
  const settings = { url, schema, entities: [], poolSize: 1, applicationName: 'test-template' };
  await runMigrations(createDataSource({ ...settings, migrations: migrations as DataSourceSettings['migrations'] }));
}

/** Of the migrations' own text: an edited one makes a new template where the server outlives the run. */
function fingerprint(schemas: readonly TestSchema[]): string {
  const hash = createHash('sha256');
  for (const { schema, migrations } of schemas) hash.update(`${schema}\n${migrations.map(String).join('\n')}\n`);
  return hash.digest('hex').slice(0, 24);
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
