import type { MigrationInterface, QueryRunner } from 'typeorm';

const ID = 'text COLLATE "C"';

/** The OAuth server: clients and grants (each a key of its own in auth.tokens), what the flows leave behind, signing keys, denied tokens. */
export class AuthOAuth1764140000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE auth.tokens DROP CONSTRAINT IF EXISTS tokens_type_check');
    await runner.query("ALTER TABLE auth.tokens ADD CONSTRAINT tokens_type_check CHECK (type IN ('k', 'a', 'o'))");
    await runner.query(`
      CREATE TABLE auth.oauth_clients (
        id ${ID} PRIMARY KEY,
        organisation_id ${ID} NOT NULL REFERENCES auth.organisations,
        token_id ${ID} NOT NULL UNIQUE REFERENCES auth.tokens,
        grant_types text[] NOT NULL,
        auth_method text NOT NULL CHECK (auth_method IN ('client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none')),
        redirect_uris text[] NOT NULL,
        jwks jsonb,
        CHECK ((auth_method = 'private_key_jwt') = (jwks IS NOT NULL))
      )`);
    await runner.query('CREATE INDEX oauth_clients_by_organisation ON auth.oauth_clients (organisation_id, id DESC)');
    await runner.query(`
      CREATE TABLE auth.oauth_grants (
        id ${ID} PRIMARY KEY,
        organisation_id ${ID} NOT NULL REFERENCES auth.organisations,
        client_id ${ID} NOT NULL REFERENCES auth.oauth_clients,
        user_id ${ID} NOT NULL,
        token_id ${ID} NOT NULL UNIQUE REFERENCES auth.tokens,
        created_at timestamptz(3) NOT NULL
      )`);
    await runner.query('CREATE INDEX oauth_grants_by_organisation ON auth.oauth_grants (organisation_id, id DESC)');
    await runner.query('CREATE INDEX oauth_grants_by_client ON auth.oauth_grants (client_id, id DESC)');
    await runner.query('CREATE INDEX oauth_grants_by_user ON auth.oauth_grants (user_id, id DESC)');
    await this.createArtefacts(runner);
    await this.createKeys(runner);
  }

  async down(): Promise<void> {
    throw new Error('Migrations of auth go forward only: restore a backup instead.');
  }

  /** Codes, refresh tokens, sessions and the like, by the hash of what their holders present. */
  private async createArtefacts(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.oauth_artefacts (
        model text NOT NULL,
        id_hash bytea NOT NULL CHECK (octet_length(id_hash) = 32),
        payload jsonb NOT NULL,
        grant_id text COLLATE "C",
        uid text COLLATE "C",
        consumed_at timestamptz(3),
        expires_at timestamptz(3) NOT NULL,
        PRIMARY KEY (model, id_hash)
      )`);
    await runner.query('CREATE INDEX oauth_artefacts_by_grant ON auth.oauth_artefacts (grant_id) WHERE grant_id IS NOT NULL');
    await runner.query('CREATE INDEX oauth_artefacts_by_uid ON auth.oauth_artefacts (uid) WHERE uid IS NOT NULL');
    await runner.query('CREATE INDEX oauth_artefacts_by_expiry ON auth.oauth_artefacts (expires_at)');
  }

  private async createKeys(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.oauth_keys (
        kid text COLLATE "C" PRIMARY KEY,
        public_key jsonb NOT NULL,
        sealed bytea NOT NULL,
        sealed_with text NOT NULL,
        created_at timestamptz(3) NOT NULL,
        active_from timestamptz(3) NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE auth.oauth_denied_jwts (
        jti text COLLATE "C" PRIMARY KEY,
        expires_at timestamptz(3) NOT NULL
      )`);
  }
}
