import type { MigrationInterface, QueryRunner } from 'typeorm';

const ID = 'text COLLATE "C"';

/** Users, their roles and sessions, service accounts, archived teams, the operating organisation, and remembered answers. */
export class AuthPeople1764120000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE auth.organisations ADD COLUMN operator boolean NOT NULL DEFAULT false');
    await runner.query(`
      UPDATE auth.organisations SET operator = true WHERE id = (SELECT id FROM auth.organisations ORDER BY id LIMIT 1)`);
    await runner.query('CREATE UNIQUE INDEX organisations_operator ON auth.organisations (operator) WHERE operator');
    await runner.query(`
      ALTER TABLE auth.teams
        ADD COLUMN status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived'))`);
    await this.createUsers(runner);
    await this.createSessions(runner);
    await runner.query(`
      CREATE TABLE auth.service_accounts (
        id ${ID} PRIMARY KEY,
        organisation_id ${ID} NOT NULL REFERENCES auth.organisations,
        team_id ${ID},
        name text NOT NULL,
        description text,
        status text NOT NULL CHECK (status IN ('active', 'suspended', 'archived')),
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        revision integer NOT NULL DEFAULT 1,
        FOREIGN KEY (organisation_id, team_id) REFERENCES auth.teams (organisation_id, id)
      )`);
    await runner.query(
      "CREATE UNIQUE INDEX service_accounts_by_name ON auth.service_accounts (organisation_id, lower(name)) WHERE status <> 'archived'",
    );
    await runner.query('CREATE INDEX service_accounts_by_organisation ON auth.service_accounts (organisation_id, id DESC)');
    await runner.query(`
      CREATE TABLE auth.idempotency_keys (
        scope text COLLATE "C" NOT NULL,
        key text COLLATE "C" NOT NULL,
        fingerprint bytea NOT NULL,
        answer bytea,
        created_at timestamptz(3) NOT NULL,
        PRIMARY KEY (scope, key)
      )`);
    await runner.query('CREATE INDEX idempotency_keys_by_age ON auth.idempotency_keys (created_at)');
  }

  async down(): Promise<void> {
    throw new Error('Migrations of auth go forward only: restore a backup instead.');
  }

  /** One person signs in with one password and may belong to several organisations; each of them sees its own name and status. */
  private async createUsers(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.users (
        id ${ID} PRIMARY KEY,
        email text NOT NULL,
        password_hash text NOT NULL,
        must_change_password boolean NOT NULL,
        created_at timestamptz(3) NOT NULL,
        last_signed_in_at timestamptz(3)
      )`);
    await runner.query('CREATE UNIQUE INDEX users_by_email ON auth.users (lower(email))');
    await runner.query(`
      CREATE TABLE auth.members (
        organisation_id ${ID} NOT NULL REFERENCES auth.organisations,
        user_id ${ID} NOT NULL REFERENCES auth.users ON DELETE CASCADE,
        name text NOT NULL,
        status text NOT NULL CHECK (status IN ('active', 'suspended')),
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        revision integer NOT NULL DEFAULT 1,
        PRIMARY KEY (organisation_id, user_id)
      )`);
    await runner.query('CREATE INDEX members_by_user ON auth.members (user_id, created_at)');
    await runner.query(`
      CREATE TABLE auth.member_roles (
        organisation_id ${ID} NOT NULL,
        user_id ${ID} NOT NULL,
        team_id ${ID},
        role text NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'viewer', 'billing', 'auditor')),
        CHECK (role <> 'owner' OR team_id IS NULL),
        UNIQUE NULLS NOT DISTINCT (organisation_id, user_id, team_id, role),
        FOREIGN KEY (organisation_id, user_id) REFERENCES auth.members ON DELETE CASCADE,
        FOREIGN KEY (organisation_id, team_id) REFERENCES auth.teams (organisation_id, id)
      )`);
  }

  /** Only digests of what browsers hold. */
  private async createSessions(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.sessions (
        id ${ID} PRIMARY KEY,
        user_id ${ID} NOT NULL,
        organisation_id ${ID} NOT NULL,
        digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
        ip text,
        user_agent text,
        created_at timestamptz(3) NOT NULL,
        last_seen_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        FOREIGN KEY (organisation_id, user_id) REFERENCES auth.members ON DELETE CASCADE
      ) WITH (fillfactor = 70)`);
    await runner.query('CREATE INDEX sessions_by_user ON auth.sessions (user_id)');
    await runner.query('CREATE INDEX sessions_by_expiry ON auth.sessions (expires_at)');
    await runner.query(`
      CREATE TABLE auth.sign_in_attempts (
        key text COLLATE "C" PRIMARY KEY,
        failures integer NOT NULL,
        blocked_until timestamptz(3),
        updated_at timestamptz(3) NOT NULL
      ) WITH (fillfactor = 50)`);
    await runner.query('CREATE INDEX sign_in_attempts_by_age ON auth.sign_in_attempts (updated_at)');
  }
}
