import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Prices that somebody has set, from a time on; and the revision of a model, for conditional requests. */
export class DatedPrices1764310000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE catalog.deployment_prices (
        id text COLLATE "C" PRIMARY KEY,
        deployment_id text NOT NULL REFERENCES catalog.deployments ON DELETE CASCADE,
        effective_from timestamptz NOT NULL,
        price jsonb,
        created_at timestamptz NOT NULL
      );
      CREATE INDEX prices_of_deployment ON catalog.deployment_prices (deployment_id, effective_from DESC, id DESC);
      CREATE INDEX prices_by_start ON catalog.deployment_prices (effective_from);
      ALTER TABLE catalog.deployments ADD COLUMN revision integer NOT NULL DEFAULT 1`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations of the catalogue go forward only: restore a backup instead.');
  }
}
