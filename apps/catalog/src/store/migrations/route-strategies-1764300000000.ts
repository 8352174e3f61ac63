import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How the targets of a route share calls, and where calls go that fail in a certain way. */
export class RouteStrategies1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE catalog.routes
        ADD COLUMN strategy text NOT NULL DEFAULT 'weighted'
          CHECK (strategy IN ('weighted', 'affinity', 'least_busy', 'latency', 'cost')),
        ADD COLUMN fallbacks jsonb NOT NULL DEFAULT '[]'`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations of the catalogue go forward only: restore a backup instead.');
  }
}
