import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which records of other services stand in the trail already: a record that is sent again is one event. */
export class AuthAuditRecords1764170000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.audit_records (
        id text COLLATE "C" PRIMARY KEY,
        received_at timestamptz(3) NOT NULL
      )`);
    await runner.query('CREATE INDEX audit_records_by_time ON auth.audit_records (received_at)');
  }

  async down(): Promise<void> {
    throw new Error('Migrations of auth go forward only: restore a backup instead.');
  }
}
