import type { MigrationInterface, QueryRunner } from 'typeorm';

const ID = 'text COLLATE "C"';

/** Where alerts of incidents go, and those on their way. */
export class AuthAlerts1764190000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // The signing secret is sealed under the pepper.
    await runner.query(`
      CREATE TABLE auth.alert_webhooks (
        organisation_id ${ID} PRIMARY KEY REFERENCES auth.organisations,
        url text NOT NULL,
        min_severity text NOT NULL CHECK (min_severity IN ('low', 'medium', 'high', 'critical')),
        signing_secret bytea NOT NULL,
        last_delivered_at timestamptz(3),
        last_problem text,
        updated_at timestamptz(3) NOT NULL,
        revision integer NOT NULL DEFAULT 1
      )`);
    await runner.query(`
      CREATE TABLE auth.alerts (
        id ${ID} PRIMARY KEY,
        organisation_id ${ID} NOT NULL REFERENCES auth.alert_webhooks ON DELETE CASCADE,
        message jsonb NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz(3) NOT NULL
      )`);
    await runner.query('CREATE INDEX alerts_due ON auth.alerts (next_attempt_at)');
    await runner.query('CREATE INDEX alerts_by_organisation ON auth.alerts (organisation_id)');
  }

  async down(): Promise<void> {
    throw new Error('Migrations of auth go forward only: restore a backup instead.');
  }
}
