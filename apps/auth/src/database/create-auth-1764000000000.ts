import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ids compare by byte, so that the order of an index is the order of time. */
const ID = 'text COLLATE "C"';

/** The schema of auth. Times that the API shows have milliseconds; the quota authority counts microseconds. */
export class CreateAuth1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.organisations (
        id ${ID} PRIMARY KEY,
        name text NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        revision integer NOT NULL DEFAULT 1
      )`);
    await runner.query(`
      CREATE TABLE auth.teams (
        id ${ID} PRIMARY KEY,
        organisation_id ${ID} NOT NULL REFERENCES auth.organisations,
        name text NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        revision integer NOT NULL DEFAULT 1,
        UNIQUE (organisation_id, id)
      )`);
    await runner.query('CREATE UNIQUE INDEX teams_by_name ON auth.teams (organisation_id, lower(name))');
    await runner.query(`
      CREATE TABLE auth.tokens (
        id ${ID} PRIMARY KEY,
        public_id text COLLATE "C" NOT NULL UNIQUE CHECK (public_id ~ '^[0-9A-Za-z]{12}$'),
        organisation_id ${ID} NOT NULL REFERENCES auth.organisations,
        team_id ${ID},
        parent_id ${ID} REFERENCES auth.tokens,
        name text NOT NULL,
        type text NOT NULL CHECK (type IN ('k', 'a')),
        environment text NOT NULL CHECK (environment IN ('live', 'test')),
        status text NOT NULL CHECK (status IN ('active', 'suspended', 'revoked')),
        policy jsonb NOT NULL,
        expires_at timestamptz(3),
        created_by text NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        revoked_at timestamptz(3),
        revision integer NOT NULL DEFAULT 1,
        CHECK ((status = 'revoked') = (revoked_at IS NOT NULL)),
        FOREIGN KEY (organisation_id, team_id) REFERENCES auth.teams (organisation_id, id)
      )`);
    await runner.query('CREATE INDEX tokens_by_organisation ON auth.tokens (organisation_id, id DESC)');
    await runner.query('CREATE INDEX tokens_by_parent ON auth.tokens (parent_id) WHERE parent_id IS NOT NULL');
    await runner.query(`
      CREATE TABLE auth.token_secrets (
        id ${ID} PRIMARY KEY,
        token_id ${ID} NOT NULL REFERENCES auth.tokens,
        digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
        pepper_version integer NOT NULL CHECK (pepper_version > 0),
        state text NOT NULL CHECK (state IN ('pending', 'active', 'grace', 'revoked')),
        created_at timestamptz(3) NOT NULL,
        activated_at timestamptz(3),
        expires_at timestamptz(3),
        revoked_at timestamptz(3),
        CHECK ((state = 'revoked') = (revoked_at IS NOT NULL))
      )`);
    await runner.query('CREATE INDEX token_secrets_by_token ON auth.token_secrets (token_id)');
    await this.createFeed(runner);
    await this.createQuota(runner);
    await this.createAudit(runner);
  }

  async down(): Promise<void> {
    throw new Error('Migrations of auth go forward only: restore a backup instead.');
  }

  /** The counter is a row and no sequence: a rolled-back change leaves no gap, and numbers follow the order of the commits. */
  private async createFeed(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.feed_counter (
        id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
        sequence bigint NOT NULL
      ) WITH (fillfactor = 50)`);
    await runner.query('INSERT INTO auth.feed_counter (sequence) VALUES (0)');
    await runner.query(`
      CREATE TABLE auth.feed_events (
        sequence bigint PRIMARY KEY,
        public_id text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('changed', 'revoked')),
        created_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
  }

  /** One row per shared limit, rewritten often: room in the page keeps the updates off the index. */
  private async createQuota(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.quota_buckets (
        bucket text COLLATE "C" PRIMARY KEY,
        limit_count bigint NOT NULL CHECK (limit_count > 0),
        period_ms bigint NOT NULL CHECK (period_ms > 0),
        burst bigint NOT NULL CHECK (burst > 0),
        level_micro bigint NOT NULL CHECK (level_micro >= 0),
        updated_at_us bigint NOT NULL,
        leases jsonb NOT NULL,
        holders jsonb NOT NULL
      ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)`);
  }

  private async createAudit(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.audit_heads (
        organisation_id ${ID} PRIMARY KEY REFERENCES auth.organisations,
        seq bigint NOT NULL,
        hash text NOT NULL
      ) WITH (fillfactor = 50)`);
    await runner.query(`
      CREATE TABLE auth.audit_events (
        organisation_id ${ID} NOT NULL REFERENCES auth.organisations,
        seq bigint NOT NULL,
        occurred_at timestamptz(3) NOT NULL,
        actor jsonb NOT NULL,
        action text NOT NULL,
        target jsonb NOT NULL,
        decision text NOT NULL,
        reason text,
        request_id text,
        trace_id text,
        ip text,
        user_agent text,
        before jsonb,
        after jsonb,
        prev_hash text NOT NULL,
        hash text NOT NULL,
        PRIMARY KEY (organisation_id, seq)
      )`);
    await runner.query('CREATE INDEX audit_events_by_time ON auth.audit_events (organisation_id, occurred_at)');
    await runner.query("CREATE INDEX audit_events_by_target ON auth.audit_events (organisation_id, (target ->> 'id'))");
  }
}
