import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which models an administrator has made, one by one: a price table that does not name them says nothing of them. */
export class ModelsByHand1764350000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE catalog.deployments ADD COLUMN by_hand boolean NOT NULL DEFAULT false');
  }

  async down(): Promise<void> {
    throw new Error('Migrations of the catalogue go forward only: restore a backup instead.');
  }
}
