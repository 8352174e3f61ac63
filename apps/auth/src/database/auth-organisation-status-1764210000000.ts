import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An organisation can be suspended, the operating one excepted: whoever would restore it belongs to it. */
export class AuthOrganisationStatus1764210000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE auth.organisations
        ADD COLUMN status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
        ADD CONSTRAINT operator_is_active CHECK (NOT operator OR status = 'active')`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations of auth go forward only: restore a backup instead.');
  }
}
