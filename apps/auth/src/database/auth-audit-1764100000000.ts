import type { MigrationInterface, QueryRunner } from 'typeorm';

const ID = 'text COLLATE "C"';

/** Signed checkpoints of the audit trail, the public keys that they were signed with, and indexes for its search. */
export class AuthAudit1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE auth.audit_heads
        ADD COLUMN checkpoint_seq bigint NOT NULL DEFAULT 0,
        ADD COLUMN checkpoint_number bigint NOT NULL DEFAULT 0,
        ADD COLUMN checkpoint_hash text NOT NULL DEFAULT repeat('0', 64),
        ADD COLUMN pending_since timestamptz(3)`);
    await runner.query('UPDATE auth.audit_heads SET pending_since = now() WHERE seq > 0');
    // Null most of the time, and set once between two checkpoints: the updates of the head itself stay off the index.
    await runner.query('CREATE INDEX audit_heads_pending ON auth.audit_heads (pending_since) WHERE pending_since IS NOT NULL');
    await runner.query(`
      CREATE TABLE auth.audit_checkpoints (
        organisation_id ${ID} NOT NULL REFERENCES auth.organisations,
        number bigint NOT NULL CHECK (number > 0),
        seq bigint NOT NULL,
        hash text NOT NULL,
        made_at timestamptz(3) NOT NULL,
        prev_checkpoint_hash text NOT NULL,
        key_id text NOT NULL,
        signature text NOT NULL,
        PRIMARY KEY (organisation_id, number)
      )`);
    await runner.query('CREATE INDEX audit_checkpoints_by_seq ON auth.audit_checkpoints (organisation_id, seq)');
    await runner.query(`
      CREATE TABLE auth.audit_keys (
        id text COLLATE "C" PRIMARY KEY,
        public_key text NOT NULL,
        first_used_at timestamptz(3) NOT NULL
      )`);
    await this.createIndexes(runner);
  }

  async down(): Promise<void> {
    throw new Error('Migrations of auth go forward only: restore a backup instead.');
  }

  /** All in the order of the search: newest first, within the filter. */
  private async createIndexes(runner: QueryRunner): Promise<void> {
    const order = 'occurred_at, seq';
    const on = (name: string, columns: string): string =>
      `CREATE INDEX ${name} ON auth.audit_events (organisation_id, ${columns})`;
    await runner.query('DROP INDEX auth.audit_events_by_time');
    await runner.query('DROP INDEX auth.audit_events_by_target');
    await runner.query(on('audit_events_by_time', order));
    await runner.query(on('audit_events_by_target', `(target ->> 'id') COLLATE "C", ${order}`));
    await runner.query(on('audit_events_by_actor', `(actor ->> 'id') COLLATE "C", ${order}`));
    await runner.query(
      `${on('audit_events_by_public_id', `(actor ->> 'publicId') COLLATE "C", ${order}`)} WHERE actor ->> 'publicId' IS NOT NULL`,
    );
    await runner.query(on('audit_events_by_action', `action COLLATE "C", ${order}`));
    await runner.query(`${on('audit_events_denied', order)} WHERE decision = 'denied'`);
  }
}
