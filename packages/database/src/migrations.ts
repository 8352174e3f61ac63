import { DataSource, type DataSourceOptions, type MigrationInterface, type QueryRunner } from 'typeorm';

/** First key of our advisory locks, so that they meet nobody else's in a shared database ("toll" in ASCII). */
const LOCK_SPACE = 0x746f6c6c;
const LOCK_WAIT_MS = 300_000;

export interface MigrationProgress {
  readonly schema: string;
  readonly name: string;
  /** 1-based, of those that were pending at the start. */
  readonly index: number;
  readonly total: number;
}

export interface MigrationOptions {
  onProgress?(progress: MigrationProgress): void;
}

/** The database lacks migrations that this build needs. */
export class SchemaOutdatedError extends Error {
  override readonly name = 'SchemaOutdatedError';
  constructor(
    readonly schema: string,
    readonly missing: readonly string[],
  ) {
    super(
      `The database schema "${schema}" is older than this build: ${missing.length} migration(s) missing (${missing.join(', ')}). ` +
        'Run the migrations of this version first.',
    );
  }
}

/**
 * Creates the schema where it is missing and applies what is pending, each migration in a transaction of its own.
 * Several processes may call it at once: an advisory lock per schema lets one work, the others then find nothing to do.
 * Returns the names that were applied. Works on a connection of its own, without the time limits that serve queries;
 * `dataSource` gives the settings and need not be initialised.
 */
export async function runMigrations(dataSource: DataSource, options: MigrationOptions = {}): Promise<readonly string[]> {
  const schema = schemaOf(dataSource);
  const own = await new DataSource({
    ...postgresOptions(dataSource),
    entities: [],
    poolSize: 1,
    extra: { keepAlive: true, options: `-c search_path=${schema} -c lock_timeout=${LOCK_WAIT_MS}` },
  }).initialize();
  try {
    const runner = own.createQueryRunner();
    await runner.connect();
    await runner.query('SELECT pg_advisory_lock($1, hashtext($2))', [LOCK_SPACE, schema]);
    return await applyPending(own, runner, schema, options);
  } finally {
    // Ends the session, and with it the lock.
    await own.destroy();
  }
}

/**
 * Throws {@link SchemaOutdatedError} where a migration of this build has not been applied. A newer schema is fine:
 * migrations expand before they contract, so the previous version still works on it.
 */
export async function assertMigrated(dataSource: DataSource): Promise<void> {
  const schema = schemaOf(dataSource);
  const applied = await appliedNames((sql, parameters) => dataSource.query(sql, parameters), schema);
  const missing = migrationsOf(dataSource)
    .map(nameOf)
    .filter((name) => !applied.has(name));
  if (missing.length > 0) throw new SchemaOutdatedError(schema, missing);
}

async function applyPending(
  dataSource: DataSource,
  runner: QueryRunner,
  schema: string,
  options: MigrationOptions,
): Promise<readonly string[]> {
  // Asked for first: CREATE SCHEMA IF NOT EXISTS needs the privilege to create even where the schema is there.
  const present: unknown[] = await runner.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  if (present.length === 0) await runner.query(`CREATE SCHEMA "${schema}"`);
  await runner.query(
    `CREATE TABLE IF NOT EXISTS "${schema}"."migrations" (
       id serial PRIMARY KEY, "timestamp" bigint NOT NULL, name varchar NOT NULL)`,
  );
  const applied = await appliedNames((sql, parameters) => runner.query(sql, parameters), schema);
  const pending = migrationsOf(dataSource).filter((migration) => !applied.has(nameOf(migration)));
  const done: string[] = [];
  for (const migration of pending) {
    const name = nameOf(migration);
    await runner.startTransaction();
    try {
      await migration.up(runner);
      await runner.query(`INSERT INTO "${schema}"."migrations" ("timestamp", name) VALUES ($1, $2)`, [timestampOf(name), name]);
      await runner.commitTransaction();
    } catch (error) {
      await runner.rollbackTransaction().catch(ignore);
      throw new Error(`Migration ${name} of schema "${schema}" failed: ${messageOf(error)}`, { cause: error });
    }
    done.push(name);
    options.onProgress?.({ schema, name, index: done.length, total: pending.length });
  }
  return done;
}

type Query = <T>(sql: string, parameters?: unknown[]) => Promise<T>;

async function appliedNames(query: Query, schema: string): Promise<ReadonlySet<string>> {
  const [table] = await query<{ found: string | null }[]>('SELECT to_regclass($1)::text AS found', [`"${schema}"."migrations"`]);
  if (table?.found == null) return new Set();
  const rows = await query<{ name: string }[]>(`SELECT name FROM "${schema}"."migrations"`);
  return new Set(rows.map((row) => row.name));
}

/** Oldest first; TypeORM's naming rule: a class name that ends in 13 digits of milliseconds. */
function migrationsOf(dataSource: DataSource): readonly MigrationInterface[] {
  return [...dataSource.migrations].sort((left, right) => timestampOf(nameOf(left)) - timestampOf(nameOf(right)));
}

const nameOf = (migration: MigrationInterface): string => migration.name ?? migration.constructor.name;

function timestampOf(name: string): number {
  const digits = /\d{13}$/.exec(name)?.[0];
  if (digits === undefined) throw new TypeError(`the name of a migration ends in 13 digits: ${name}`);
  return Number(digits);
}

function postgresOptions(dataSource: DataSource): DataSourceOptions & { readonly type: 'postgres' } {
  if (dataSource.options.type !== 'postgres') throw new TypeError('a DataSource of Postgres is needed');
  return dataSource.options;
}

function schemaOf(dataSource: DataSource): string {
  const { schema } = postgresOptions(dataSource);
  if (schema === undefined) throw new TypeError('a DataSource with a schema is needed');
  return schema;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const ignore = (): void => undefined;
