import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ids compare by byte, so that the order of an index is the order of time. */
const ID = 'text COLLATE "C"';

/** Limits that many keys share, and budgets. Money is whole billionths of the currency. */
export class AuthMoney1764130000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.createLimits(runner);
    await this.createBudgets(runner);
    await this.createLeases(runner);
  }

  async down(): Promise<void> {
    throw new Error('Migrations of auth go forward only: restore a backup instead.');
  }

  private async createLimits(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.scope_limits (
        id ${ID} PRIMARY KEY,
        organisation_id ${ID} NOT NULL REFERENCES auth.organisations,
        team_id ${ID},
        token_id ${ID} REFERENCES auth.tokens,
        kind text NOT NULL CHECK (kind IN ('requests', 'tokens', 'concurrency')),
        models text,
        limit_count bigint NOT NULL CHECK (limit_count > 0),
        period_ms bigint NOT NULL CHECK (period_ms > 0),
        burst bigint NOT NULL CHECK (burst > 0),
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        revision integer NOT NULL DEFAULT 1,
        CHECK (team_id IS NULL OR token_id IS NULL),
        FOREIGN KEY (organisation_id, team_id) REFERENCES auth.teams (organisation_id, id)
      )`);
    await runner.query('CREATE INDEX scope_limits_by_token ON auth.scope_limits (token_id) WHERE token_id IS NOT NULL');
    await runner.query(
      "CREATE UNIQUE INDEX scope_limits_once ON auth.scope_limits (organisation_id, COALESCE(team_id, token_id, ''), kind, COALESCE(models, ''))",
    );
  }

  private async createBudgets(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.budgets (
        id ${ID} PRIMARY KEY,
        organisation_id ${ID} NOT NULL REFERENCES auth.organisations,
        subject text NOT NULL CHECK (subject IN ('organisation', 'team', 'token')),
        subject_id ${ID} NOT NULL,
        name text NOT NULL,
        models text,
        nano bigint NOT NULL CHECK (nano > 0),
        currency text NOT NULL,
        period text NOT NULL CHECK (period IN ('hour', 'day', 'week', 'month', 'total')),
        time_zone text NOT NULL,
        hard boolean NOT NULL,
        alert_at_percent integer[] NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        ended_at timestamptz(3),
        revision integer NOT NULL DEFAULT 1
      )`);
    await runner.query('CREATE INDEX budgets_by_organisation ON auth.budgets (organisation_id, id DESC) WHERE ended_at IS NULL');
    await runner.query('CREATE INDEX budgets_by_subject ON auth.budgets (subject_id) WHERE ended_at IS NULL');
    await runner.query(`
      CREATE TABLE auth.budget_alerts (
        budget_id ${ID} NOT NULL REFERENCES auth.budgets,
        starts_ms bigint NOT NULL,
        percent integer NOT NULL,
        raised_at timestamptz(3) NOT NULL DEFAULT now(),
        PRIMARY KEY (budget_id, starts_ms, percent)
      )`);
  }

  /** Every change of a window, its leases and its charges happens under the lock of the window's row. */
  private async createLeases(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.budget_windows (
        budget_id ${ID} NOT NULL REFERENCES auth.budgets,
        starts_ms bigint NOT NULL,
        committed bigint NOT NULL DEFAULT 0 CHECK (committed >= 0),
        charged bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (budget_id, starts_ms)
      ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)`);
    await runner.query(`
      CREATE TABLE auth.budget_leases (
        budget_id ${ID} NOT NULL REFERENCES auth.budgets,
        holder ${ID} NOT NULL,
        starts_ms bigint NOT NULL,
        granted bigint NOT NULL,
        released bigint NOT NULL,
        charged bigint NOT NULL,
        turn bigint NOT NULL,
        state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'reaped', 'closed')),
        seen_at timestamptz(3) NOT NULL DEFAULT now(),
        PRIMARY KEY (budget_id, holder, starts_ms)
      ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)`);
    await runner.query('CREATE INDEX budget_leases_by_holder ON auth.budget_leases (holder)');
    await runner.query('CREATE INDEX budget_leases_by_window ON auth.budget_leases (budget_id, starts_ms)');
    await runner.query('CREATE INDEX budget_leases_out ON auth.budget_leases (seen_at) WHERE granted - released - charged > 0');
    // Kept for a few days, so that a charge that is told again is not booked again.
    await runner.query(`
      CREATE TABLE auth.budget_charges (
        budget_id ${ID} NOT NULL,
        request_id ${ID} NOT NULL,
        nano bigint NOT NULL,
        booked_at timestamptz(3) NOT NULL DEFAULT now(),
        PRIMARY KEY (budget_id, request_id)
      )`);
    await runner.query('CREATE INDEX budget_charges_by_time ON auth.budget_charges USING brin (booked_at)');
  }
}
