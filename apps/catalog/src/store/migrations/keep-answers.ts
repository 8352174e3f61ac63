import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Answers to requests that may be repeated, sealed, for a day. */
export class KeepAnswers1764120000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE catalog.idempotency_keys (
        scope text COLLATE "C" NOT NULL,
        key text COLLATE "C" NOT NULL,
        fingerprint bytea NOT NULL,
        answer bytea,
        created_at timestamptz(3) NOT NULL,
        PRIMARY KEY (scope, key)
      )`);
    await runner.query('CREATE INDEX idempotency_keys_by_age ON catalog.idempotency_keys (created_at)');
  }

  async down(): Promise<void> {
    throw new Error('Migrations of catalog go forward only: restore a backup instead.');
  }
}
