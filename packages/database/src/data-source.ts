import { DataSource, type DataSourceOptions } from 'typeorm';
import { readDatabaseUrl } from './read-database-url.js';

export interface DataSourceSettings {
  /** `postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=ca.pem` */
  readonly url: string;
  /** The service's own schema; also its search path. */
  readonly schema: string;
  readonly entities: NonNullable<DataSourceOptions['entities']>;
  readonly migrations: NonNullable<DataSourceOptions['migrations']>;
  readonly poolSize: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
}

/** A DataSource that is not yet connected; `synchronize` is never on, every query has a time limit. */
export function createDataSource(settings: DataSourceSettings): DataSource {
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(settings.schema)) throw new TypeError(`not a schema name: ${settings.schema}`);
  const { url: connectionString, ssl } = readDatabaseUrl(settings.url);
  return new DataSource({
    type: 'postgres',
    url: settings.url,
    schema: settings.schema,
    entities: settings.entities,
    migrations: settings.migrations,
    migrationsTableName: 'migrations',
    synchronize: false,
    installExtensions: false,
    logging: false,
    poolSize: settings.poolSize,
    applicationName: settings.applicationName,
    connectTimeoutMS: 5_000,
    // An idle connection that Postgres closes is no event: the next query opens another and reports what it finds.
    poolErrorHandler: () => undefined,
    extra: {
      // Instead of `url`, from which the driver would read TLS settings of its own.
      connectionString,
      ssl,
      statement_timeout: 15_000,
      // A peer that vanished without a FIN is found by the kernel instead of holding a query for ever.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      query_timeout: 20_000,
      options: `-c search_path=${settings.schema}`,
    },
  });
}
