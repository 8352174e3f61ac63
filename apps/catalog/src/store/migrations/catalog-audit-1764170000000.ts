import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Changes that are not in the audit trail yet, which auth keeps. */
export class CatalogAudit1764170000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE catalog.audit_outbox (
        id text COLLATE "C" PRIMARY KEY,
        organisation_id text NOT NULL,
        fact jsonb NOT NULL
      )`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations of the catalogue go forward only: restore a backup instead.');
  }
}
