import type { MigrationInterface, QueryRunner } from 'typeorm';

const ID = 'text COLLATE "C"';

/** Schedules of rotations, new secrets on their way to their owners, and who uses which secret. */
export class AuthRotation1764160000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query("CREATE INDEX token_secrets_in_grace ON auth.token_secrets (expires_at) WHERE state = 'grace'");
    // What the code promises, said once more where two transactions could meet.
    await runner.query("CREATE UNIQUE INDEX token_secrets_active ON auth.token_secrets (token_id) WHERE state = 'active'");
    await runner.query("CREATE UNIQUE INDEX token_secrets_pending ON auth.token_secrets (token_id) WHERE state = 'pending'");
    await runner.query('ALTER TABLE auth.feed_events ADD COLUMN secret_id text');
    await this.createSchedules(runner);
    await this.createRotations(runner);
    // A few rows for each secret, the oldest of which make room: no log.
    await runner.query(`
      CREATE TABLE auth.secret_callers (
        secret_id ${ID} NOT NULL REFERENCES auth.token_secrets,
        network text NOT NULL,
        user_agent text NOT NULL,
        uses bigint NOT NULL,
        uses_in_grace bigint NOT NULL,
        last_used_at timestamptz(3) NOT NULL,
        PRIMARY KEY (secret_id, network, user_agent)
      ) WITH (fillfactor = 80)`);
    await runner.query('ALTER TABLE auth.token_secrets ADD COLUMN uses_in_grace bigint NOT NULL DEFAULT 0');
  }

  async down(): Promise<void> {
    throw new Error('Migrations of auth go forward only: restore a backup instead.');
  }

  private async createSchedules(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.rotation_schedules (
        token_id ${ID} PRIMARY KEY REFERENCES auth.tokens,
        organisation_id ${ID} NOT NULL REFERENCES auth.organisations,
        timing jsonb NOT NULL,
        jitter_ms bigint NOT NULL,
        overlap_ms bigint NOT NULL,
        delivery jsonb NOT NULL,
        signing_secret bytea NOT NULL,
        enabled boolean NOT NULL,
        anchor_at timestamptz(3) NOT NULL,
        period_at timestamptz(3),
        next_run_at timestamptz(3),
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        revision integer NOT NULL DEFAULT 1,
        CHECK ((period_at IS NULL) = (next_run_at IS NULL)),
        CHECK (enabled OR next_run_at IS NULL)
      )`);
    await runner.query(
      'CREATE INDEX rotation_schedules_due ON auth.rotation_schedules (next_run_at) WHERE next_run_at IS NOT NULL',
    );
  }

  /** `kept` and `kept_link` are sealed under the pepper, and gone as soon as the rotation is over. */
  private async createRotations(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.rotations (
        id ${ID} PRIMARY KEY,
        organisation_id ${ID} NOT NULL REFERENCES auth.organisations,
        token_id ${ID} NOT NULL REFERENCES auth.tokens,
        secret_id ${ID} NOT NULL REFERENCES auth.token_secrets,
        cause text NOT NULL CHECK (cause IN ('schedule', 'manual')),
        period text NOT NULL,
        delivery text NOT NULL CHECK (delivery IN ('webhook', 'one_time_link')),
        url text,
        overlap_ms bigint NOT NULL,
        attempts_max integer NOT NULL,
        state text NOT NULL CHECK (state IN ('pending', 'completed', 'failed', 'cancelled')),
        attempts integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz(3),
        last_problem text,
        kept bytea,
        kept_link bytea,
        link_digest bytea UNIQUE CHECK (octet_length(link_digest) = 32),
        deadline_at timestamptz(3) NOT NULL,
        created_at timestamptz(3) NOT NULL,
        finished_at timestamptz(3),
        UNIQUE (token_id, period),
        CHECK ((state = 'pending') = (finished_at IS NULL)),
        CHECK (state = 'pending' OR (kept IS NULL AND kept_link IS NULL AND link_digest IS NULL))
      )`);
    await runner.query('CREATE INDEX rotations_by_token ON auth.rotations (token_id, id DESC)');
    await runner.query('CREATE INDEX rotations_due ON auth.rotations (next_attempt_at) WHERE next_attempt_at IS NOT NULL');
    await runner.query("CREATE INDEX rotations_late ON auth.rotations (deadline_at) WHERE state = 'pending'");
    await runner.query("CREATE UNIQUE INDEX rotations_pending ON auth.rotations (token_id) WHERE state = 'pending'");
  }
}
