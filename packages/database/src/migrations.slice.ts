import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createDataSource } from './data-source.js';
import { describeDatabaseFailure } from './database-failure.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/start-embedded-postgres.js';
import { assertMigrated, runMigrations, SchemaOutdatedError } from './migrations.js';

class First1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE demo.first (n int)');
  }
  async down(): Promise<void> {}
}
class Second1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('INSERT INTO demo.first VALUES (1)');
  }
  async down(): Promise<void> {}
}
class Broken1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('INSERT INTO demo.first VALUES (2)');
    await runner.query('SELECT no_such_function()');
  }
  async down(): Promise<void> {}
}

const folder = mkdtempSync(join(tmpdir(), 'tollgate-migrations-'));
let postgres: EmbeddedPostgres;
const opened: DataSource[] = [];

function source(...migrations: (new () => MigrationInterface)[]): DataSource {
  const settings = { url: postgres.url, schema: 'demo', entities: [], poolSize: 2, applicationName: 'test' };
  const made = createDataSource({ ...settings, migrations });
  opened.push(made);
  return made;
}

beforeAll(async () => {
  postgres = await startEmbeddedPostgres({ dataDir: folder, password: 'x', settings: { fsync: 'off' } });
});
beforeEach(async () => {
  const admin = await source().initialize();
  await admin.query('DROP SCHEMA IF EXISTS demo CASCADE');
});
afterAll(async () => {
  await Promise.all(opened.filter((made) => made.isInitialized).map((made) => made.destroy()));
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('several processes at once apply each migration once, oldest first', async () => {
  const seen: string[] = [];
  const results = await Promise.all(
    Array.from({ length: 4 }, () =>
      runMigrations(source(Second1700000000001, First1700000000000), {
        onProgress: ({ name, index, total }) => seen.push(`${index}/${total} ${name}`),
      }),
    ),
  );
  expect(seen).toEqual(['1/2 First1700000000000', '2/2 Second1700000000001']);
  expect(results.flat()).toEqual(['First1700000000000', 'Second1700000000001']);
  const after = await source(First1700000000000, Second1700000000001).initialize();
  await assertMigrated(after);
  expect(await after.query('SELECT n FROM first')).toEqual([{ n: 1 }]);
});

test('a migration that fails leaves nothing behind, and those before it stay', async () => {
  await expect(runMigrations(source(First1700000000000, Broken1700000000002))).rejects.toThrow(
    'Migration Broken1700000000002 of schema "demo" failed',
  );
  const after = await source(First1700000000000, Broken1700000000002).initialize();
  expect(await after.query('SELECT count(*)::int AS n FROM first')).toEqual([{ n: 0 }]);
  await expect(assertMigrated(after)).rejects.toThrow(SchemaOutdatedError);
});

test('an older schema is refused by name, a newer one is served', async () => {
  const build = await source(First1700000000000, Second1700000000001).initialize();
  await expect(assertMigrated(build)).rejects.toThrow('First1700000000000, Second1700000000001');
  await runMigrations(source(First1700000000000));
  await expect(assertMigrated(build)).rejects.toThrow('1 migration(s) missing (Second1700000000001)');
  await runMigrations(source(First1700000000000, Second1700000000001));
  await assertMigrated(await source(First1700000000000).initialize());
});

test('a wrong password and a missing database are told apart', async () => {
  const wrong = new URL(postgres.url);
  wrong.password = 'other';
  const missing = new URL(postgres.url);
  missing.pathname = '/nowhere';
  const lines: string[] = [];
  for (const { href } of [wrong, missing]) {
    const settings = { schema: 'demo', entities: [], migrations: [], poolSize: 1, applicationName: 'test' };
    await createDataSource({ ...settings, url: href })
      .initialize()
      .catch((error: unknown) => lines.push(describeDatabaseFailure(error, href)));
  }
  expect(lines[0]).toContain('refused the login of "tollgate"');
  expect(lines[1]).toContain('has no database "nowhere"');
});
