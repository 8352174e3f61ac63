export { createDataSource, type DataSourceSettings } from './data-source.js';
export {
  classifyDatabaseError,
  type DatabaseFailure,
  type DatabaseFailureKind,
  describeDatabaseFailure,
  isConnectionError,
} from './database-failure.js';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded/start-embedded-postgres.js';
export {
  assertMigrated,
  type MigrationOptions,
  type MigrationProgress,
  runMigrations,
  SchemaOutdatedError,
} from './migrations.js';
export { reachDatabase } from './reach-database.js';
export { type DatabaseAddress, type DatabaseTls, readDatabaseUrl } from './read-database-url.js';
