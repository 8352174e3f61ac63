import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Which drivers a process holds after these imports, and which driver a DataSource of that type has. */
const SCRIPT = `
  await import(process.argv[1]);
  const { DataSource } = await import(process.argv[2]);
  const { createRequire } = await import('node:module');
  const made = (type) => { try { return new DataSource({ type, database: 'x' }).driver.constructor.name } catch (error) { return error.message } };
  const makes = [made('postgres'), made('mysql')];
  const files = Object.keys(createRequire(import.meta.url).cache);
  const held = files.filter((path) => /driver.(?!sqlserver.MssqlParameter)\\w[\\w-]*.\\w+Driver\\.js$/.test(path));
  console.log(JSON.stringify({ makes, held: held.map((path) => path.replace(/.*driver./, '')) }));
`;

test('a process that has imported this room loads the driver of Postgres and no other', async () => {
  const here = new URL('./only-postgres.ts', import.meta.url).href;
  const args = ['--conditions', '@tollgate/source', '--input-type=module', '-e', SCRIPT, here, 'typeorm'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: new URL('../../../database/', import.meta.url) });
  const { makes, held } = JSON.parse(stdout) as { makes: readonly string[]; held: readonly string[] };
  expect(makes).toEqual(['PostgresDriver', 'only the driver of postgres is loaded, not that of mysql']);
  expect(held).toEqual(['postgres/PostgresDriver.js']);
});
