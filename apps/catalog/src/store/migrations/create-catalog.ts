import type { MigrationInterface, QueryRunner } from 'typeorm';

/** `origin` says who owns a row: builtin, environment, file (read-only elsewhere) or api. */
const ORIGIN = `text NOT NULL CHECK (origin IN ('builtin', 'environment', 'file', 'api'))`;

export class CreateCatalog1763900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE catalog.state (
        singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
        epoch text NOT NULL,
        revision bigint NOT NULL,
        sealing_key_id text,
        sealing_public_key text
      );
      INSERT INTO catalog.state (epoch, revision) VALUES (gen_random_uuid()::text, 0);

      CREATE TABLE catalog.changes (
        revision bigint PRIMARY KEY,
        delta jsonb NOT NULL,
        created_at timestamptz NOT NULL
      );

      CREATE TABLE catalog.providers (
        id text PRIMARY KEY,
        name text NOT NULL UNIQUE,
        title text NOT NULL,
        base_url text NOT NULL,
        auth jsonb NOT NULL,
        serves jsonb NOT NULL,
        headers jsonb NOT NULL,
        quirks jsonb NOT NULL,
        allow_private_network boolean NOT NULL,
        credential_id text,
        prices_id text,
        origin ${ORIGIN},
        active boolean NOT NULL,
        created_at timestamptz NOT NULL
      );

      CREATE TABLE catalog.credentials (
        id text PRIMARY KEY,
        provider_id text NOT NULL REFERENCES catalog.providers ON DELETE CASCADE,
        name text NOT NULL,
        source text NOT NULL CHECK (source IN ('none', 'environment', 'sealed')),
        variable text,
        key_id text,
        sealed text,
        origin ${ORIGIN},
        created_at timestamptz NOT NULL,
        CHECK ((source = 'environment') = (variable IS NOT NULL)),
        CHECK ((source = 'sealed') = (sealed IS NOT NULL) AND (source = 'sealed') = (key_id IS NOT NULL))
      );
      CREATE INDEX credentials_of_provider ON catalog.credentials (provider_id);
      ALTER TABLE catalog.providers ADD FOREIGN KEY (credential_id) REFERENCES catalog.credentials ON DELETE SET NULL;

      CREATE TABLE catalog.model_definitions (
        id text PRIMARY KEY,
        name text NOT NULL UNIQUE,
        title text NOT NULL,
        context_tokens integer,
        max_output_tokens integer,
        capabilities jsonb NOT NULL,
        modalities jsonb NOT NULL,
        parameters jsonb NOT NULL,
        deprecated boolean NOT NULL,
        created_at timestamptz NOT NULL
      );

      CREATE TABLE catalog.model_prices (
        id text PRIMARY KEY,
        model_id text NOT NULL REFERENCES catalog.model_definitions ON DELETE CASCADE,
        effective_from timestamptz NOT NULL,
        price jsonb NOT NULL,
        created_at timestamptz NOT NULL
      );
      CREATE INDEX prices_of_model ON catalog.model_prices (model_id, effective_from DESC, id DESC);

      CREATE TABLE catalog.deployments (
        id text PRIMARY KEY,
        name text NOT NULL UNIQUE,
        provider_id text NOT NULL REFERENCES catalog.providers ON DELETE CASCADE,
        credential_id text REFERENCES catalog.credentials ON DELETE SET NULL,
        model_id text REFERENCES catalog.model_definitions,
        upstream_model text NOT NULL,
        region text,
        limits jsonb NOT NULL DEFAULT '{}',
        price_override jsonb,
        listed boolean NOT NULL,
        origin ${ORIGIN},
        active boolean NOT NULL,
        created_at timestamptz NOT NULL
      );
      CREATE INDEX deployments_of_provider ON catalog.deployments (provider_id);

      CREATE TABLE catalog.routes (
        id text PRIMARY KEY,
        model text NOT NULL,
        organisation_id text,
        max_attempts integer NOT NULL,
        timeouts jsonb NOT NULL,
        listed boolean NOT NULL,
        origin ${ORIGIN},
        created_at timestamptz NOT NULL
      );
      CREATE UNIQUE INDEX routes_by_name ON catalog.routes (coalesce(organisation_id, ''), model);

      CREATE TABLE catalog.route_targets (
        route_id text NOT NULL REFERENCES catalog.routes ON DELETE CASCADE,
        position integer NOT NULL,
        deployment_id text NOT NULL REFERENCES catalog.deployments ON DELETE CASCADE,
        priority integer NOT NULL,
        weight integer NOT NULL,
        PRIMARY KEY (route_id, position)
      );
      CREATE INDEX targets_of_deployment ON catalog.route_targets (deployment_id);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
