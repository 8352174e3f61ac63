import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { afterAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './create-test-database.js';

class CreateThings1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE demo.things (n int)');
  }
  async down(): Promise<void> {
    throw new Error('forward only');
  }
}

const made: TestDatabase[] = [];
afterAll(async () => {
  await Promise.all(made.map((database) => database.drop()));
});

test('each database has the migrated tables and sees nothing of the others', async () => {
  const schema = { schema: 'demo', migrations: [CreateThings1700000000000] };
  made.push(...(await Promise.all([createTestDatabase(schema), createTestDatabase(schema)])));
  const counts: unknown[] = [];
  for (const [index, { url }] of made.entries()) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('INSERT INTO demo.things SELECT generate_series(1, $1::int)', [index + 1]);
    counts.push((await client.query('SELECT count(*)::int AS n FROM demo.things')).rows[0]);
    await client.end();
  }
  expect(counts).toEqual([{ n: 1 }, { n: 2 }]);
});
