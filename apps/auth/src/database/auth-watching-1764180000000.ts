import type { MigrationInterface, QueryRunner } from 'typeorm';

const ID = 'text COLLATE "C"';

/** What is watched, what is known of keys, and what was found. */
export class AuthWatching1764180000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.watch_settings (
        organisation_id ${ID} PRIMARY KEY REFERENCES auth.organisations,
        settings jsonb NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        revision integer NOT NULL DEFAULT 1
      )`);
    await this.createIncidents(runner);
    await this.createKnowledge(runner);
    // Ends by itself; routers are told by whoever sweeps it away.
    await runner.query(`
      CREATE TABLE auth.slow_downs (
        token_id ${ID} PRIMARY KEY REFERENCES auth.tokens,
        organisation_id ${ID} NOT NULL REFERENCES auth.organisations,
        incident_id ${ID} NOT NULL REFERENCES auth.incidents,
        requests_per_minute integer NOT NULL CHECK (requests_per_minute > 0),
        until timestamptz(3) NOT NULL
      )`);
    await runner.query('CREATE INDEX slow_downs_due ON auth.slow_downs (until)');
  }

  async down(): Promise<void> {
    throw new Error('Migrations of auth go forward only: restore a backup instead.');
  }

  private async createIncidents(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.incidents (
        id ${ID} PRIMARY KEY,
        organisation_id ${ID} NOT NULL REFERENCES auth.organisations,
        rule text NOT NULL,
        subject text NOT NULL,
        severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
        reason text NOT NULL,
        token_id ${ID} REFERENCES auth.tokens,
        token_name text,
        public_id text,
        secret_id ${ID},
        evidence jsonb NOT NULL,
        first_seen_at timestamptz(3) NOT NULL,
        last_seen_at timestamptz(3) NOT NULL,
        count bigint NOT NULL,
        state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acknowledged', 'resolved')),
        action text NOT NULL DEFAULT 'alert' CHECK (action IN ('alert', 'slow_down', 'suspend')),
        action_state text NOT NULL DEFAULT 'none' CHECK (action_state IN ('none', 'in_force', 'ended', 'undone')),
        action_until timestamptz(3),
        acknowledged_by text,
        acknowledged_at timestamptz(3),
        resolved_by text,
        resolved_at timestamptz(3),
        updated_at timestamptz(3) NOT NULL,
        revision integer NOT NULL DEFAULT 1
      )`);
    // One at a time of a rule about a subject: whatever is found meanwhile counts up.
    await runner.query(
      "CREATE UNIQUE INDEX incidents_open ON auth.incidents (organisation_id, rule, subject) WHERE state <> 'resolved'",
    );
    await runner.query('CREATE INDEX incidents_by_organisation ON auth.incidents (organisation_id, id DESC)');
    await runner.query('CREATE INDEX incidents_by_token ON auth.incidents (token_id, id DESC) WHERE token_id IS NOT NULL');
  }

  /** No log: a row for each key, and a few for where and by what it is used. */
  private async createKnowledge(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.watched_keys (
        token_id ${ID} PRIMARY KEY REFERENCES auth.tokens,
        first_used_at timestamptz(3) NOT NULL,
        last_used_at timestamptz(3) NOT NULL,
        uses bigint NOT NULL
      ) WITH (fillfactor = 80)`);
    await runner.query(`
      CREATE TABLE auth.watched_callers (
        token_id ${ID} NOT NULL REFERENCES auth.tokens,
        kind text NOT NULL CHECK (kind IN ('network', 'program')),
        value text NOT NULL,
        last_seen_at timestamptz(3) NOT NULL,
        PRIMARY KEY (token_id, kind, value)
      ) WITH (fillfactor = 80)`);
    await runner.query(`
      CREATE TABLE auth.watch_counts (
        organisation_id ${ID} NOT NULL REFERENCES auth.organisations,
        kind text NOT NULL CHECK (kind IN ('refusals', 'garbage')),
        subject text NOT NULL,
        counts jsonb NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        PRIMARY KEY (organisation_id, kind, subject)
      ) WITH (fillfactor = 80)`);
    await runner.query('CREATE INDEX watch_counts_old ON auth.watch_counts (updated_at)');
  }
}
