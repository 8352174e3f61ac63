import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Owners, tags, idleness and last use of tokens, policies of the wider shape, and feed events about more than one key. */
export class AuthAccess1764110000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE auth.tokens
        ADD COLUMN owner_id text COLLATE "C",
        ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
        ADD COLUMN idle_expiry_days integer CHECK (idle_expiry_days > 0),
        ADD COLUMN idle_expires_at timestamptz(3),
        ADD COLUMN last_used_at timestamptz(3),
        ADD CHECK ((idle_expiry_days IS NULL) = (idle_expires_at IS NULL))`);
    // On its own and in no index: written once a minute for each secret in use.
    await runner.query('ALTER TABLE auth.token_secrets ADD COLUMN last_used_at timestamptz(3)');
    await runner.query(
      'CREATE INDEX tokens_by_owner ON auth.tokens (organisation_id, owner_id, id DESC) WHERE owner_id IS NOT NULL',
    );
    await runner.query(
      'CREATE INDEX tokens_by_team ON auth.tokens (organisation_id, team_id, id DESC) WHERE team_id IS NOT NULL',
    );
    await runner.query('CREATE INDEX tokens_by_tag ON auth.tokens USING gin (tags)');
    await runner.query(
      "CREATE INDEX tokens_by_idleness ON auth.tokens (idle_expires_at) WHERE idle_expires_at IS NOT NULL AND status <> 'revoked'",
    );
    await this.widenPolicies(runner);
    await this.widenFeed(runner);
  }

  async down(): Promise<void> {
    throw new Error('Migrations of auth go forward only: restore a backup instead.');
  }

  private async widenPolicies(runner: QueryRunner): Promise<void> {
    await runner.query(`
      UPDATE auth.tokens SET policy = (policy - 'requests' - 'maxOutputTokens') || jsonb_build_object(
        'addresses', '{"allow": [], "deny": []}'::jsonb,
        'windows', '[]'::jsonb,
        'limits', CASE WHEN jsonb_typeof(policy -> 'requests') = 'object'
          THEN jsonb_build_array(jsonb_build_object('bucket', 'requests:' || id, 'kind', 'requests', 'models', NULL,
            'subject', 'token', 'rate', policy -> 'requests'))
          ELSE '[]'::jsonb END,
        'caps', jsonb_build_object('inputTokens', NULL, 'outputTokens', policy -> 'maxOutputTokens', 'requestBytes', NULL),
        'budgets', '[]'::jsonb,
        'contentLogging', false)
      WHERE policy ? 'requests'`);
  }

  private async widenFeed(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE auth.feed_events DROP CONSTRAINT feed_events_kind_check');
    await runner.query(`
      ALTER TABLE auth.feed_events
        ADD COLUMN organisation_id text,
        ADD COLUMN team_id text,
        ADD COLUMN jti text,
        ADD COLUMN expires_at bigint,
        ADD CONSTRAINT feed_events_kind_check
          CHECK (kind IN ('changed', 'revoked', 'scope_changed', 'jwt_denied', 'keys_changed'))`);
  }
}
