import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The free call by which a provider's keys are tried, and what came of it at each key. */
export class CredentialTests1764320000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE catalog.providers ADD COLUMN credential_check jsonb;
      ALTER TABLE catalog.credentials ADD COLUMN test jsonb, ADD COLUMN tested_at timestamptz`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations of the catalogue go forward only: restore a backup instead.');
  }
}
