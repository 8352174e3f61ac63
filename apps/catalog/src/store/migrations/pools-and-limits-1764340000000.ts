import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Several keys of one provider at once, and what a provider and a deployment say of weights and waiting. */
export class PoolsAndLimits1764340000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE catalog.credentials ADD COLUMN weight integer NOT NULL DEFAULT 1, ADD COLUMN pooled boolean NOT NULL DEFAULT false;
      ALTER TABLE catalog.providers ADD COLUMN timeouts jsonb NOT NULL DEFAULT '{}';
      ALTER TABLE catalog.deployments ADD COLUMN timeouts jsonb NOT NULL DEFAULT '{}', ADD COLUMN weight integer NOT NULL DEFAULT 1`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations of the catalogue go forward only: restore a backup instead.');
  }
}
