import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The orders that tokens can be listed in (tokens/token-order.ts), each as an index: a page costs the same however many there are.
 * Without them a million tokens were sorted for every page. The times are written as the queries write them, or they would not fit.
 */
export class AuthTokenOrders1764200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX tokens_in_order_of_name ON auth.tokens (organisation_id, name, id)');
    await runner.query(
      `CREATE INDEX tokens_in_order_of_expiry ON auth.tokens (organisation_id, COALESCE(expires_at, '9999-12-31T23:59:59.999Z'), id)`,
    );
    await runner.query(
      `CREATE INDEX tokens_in_order_of_use ON auth.tokens (organisation_id, COALESCE(last_used_at, '0001-01-01T00:00:00.000Z'), id)`,
    );
  }

  async down(): Promise<void> {
    throw new Error('Migrations of auth go forward only: restore a backup instead.');
  }
}
