import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDataSource, type DataSourceSettings } from '@tollgate/database';
import { systemClock } from '@tollgate/nest';
import { type PepperSet, readPeppers } from '@tollgate/policy';
import { createTestDatabase, type TestDatabase } from '@tollgate/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bootstrapFirstOrganisation } from '../index.js';
import { PlayBrowser } from '../testing/play-browser.js';
import { bootAuth, databaseOfAuth, PEPPER } from '../testing/start-auth.js';

let database: TestDatabase;
let folder: string;
beforeEach(async () => {
  database = await createTestDatabase(databaseOfAuth());
  folder = mkdtempSync(join(tmpdir(), 'tollgate-auth-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.drop();
});

const peppers = (): PepperSet => {
  const read = readPeppers(PEPPER);
  if (!read.ok) throw new Error(read.error);
  return read.value;
};

async function withDataSource<T>(work: (needs: Parameters<typeof bootstrapFirstOrganisation>[0]) => Promise<T>): Promise<T> {
  const { schema, entities } = databaseOfAuth();
  const dataSource = await createDataSource({
    url: database.url,
    schema,
    entities: entities as DataSourceSettings['entities'],
    migrations: [],
    poolSize: 4,
    applicationName: 'test',
  }).initialize();
  try {
    return await work({ dataSource, clock: systemClock, randomBytes, peppers: peppers() });
  } finally {
    await dataSource.destroy();
  }
}

test('of several first starts at once exactly one makes the organisation', async () => {
  const results = await withDataSource((needs) => Promise.all([1, 2, 3].map(() => bootstrapFirstOrganisation(needs))));
  const made = results.filter((result) => result !== null);
  expect(made).toHaveLength(1);
  expect(made[0]).toMatchObject({
    organisationId: expect.stringMatching(/^org_/),
    token: expect.stringMatching(/^tgk_live_/),
    admin: expect.stringMatching(/^tga_live_/),
  });
});

test('where the secrets cannot be delivered nothing is made', async () => {
  await withDataSource(async (needs) => {
    const deliver = () => Promise.reject(new Error('the disk is full'));
    await expect(bootstrapFirstOrganisation({ ...needs, deliver })).rejects.toThrow('the disk is full');
    expect(await bootstrapFirstOrganisation(needs)).not.toBeNull();
  });
});

test('a start with TOLLGATE_BOOTSTRAP_FILE leaves secrets that work, for the owner alone, once', async () => {
  const path = join(folder, 'first.json');
  const handle = await bootAuth(database.url, { variables: { TOLLGATE_BOOTSTRAP_FILE: path } });
  const { token, admin } = JSON.parse(readFileSync(path, 'utf8')) as { token: string; admin: string };
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const read = (secret: string) => fetch(`${handle.url}/api/v1/tokens`, { headers: { authorization: `Bearer ${secret}` } });
  expect((await read(admin)).status).toBe(200);
  expect((await read(token)).status).toBe(403);
  await handle.close();
  rmSync(path);
  await (await bootAuth(database.url, { variables: { TOLLGATE_BOOTSTRAP_FILE: path } })).close();
  expect(() => statSync(path)).toThrow('ENOENT');
});

test('a brand of its own is on every token, and tokens of another are refused', async () => {
  const path = join(folder, 'first.json');
  const variables = { TOLLGATE_BOOTSTRAP_FILE: path, TOLLGATE_TOKEN_BRAND: 'acme' };
  const handle = await bootAuth(database.url, { variables });
  const { admin } = JSON.parse(readFileSync(path, 'utf8')) as { admin: string };
  expect(admin).toMatch(/^acmea_live_/);
  const read = (secret: string) => fetch(`${handle.url}/api/v1/tokens`, { headers: { authorization: `Bearer ${secret}` } });
  const { data } = (await (await read(admin)).json()) as { data: { display: string }[] };
  expect(data.map(({ display }) => display)).toContain(admin.slice(0, 23));
  expect((await read(admin.replace('acme', 'tg'))).status).toBe(401);
  await handle.close();
  await expect(bootAuth(database.url, { variables: { TOLLGATE_TOKEN_BRAND: 'A B' } })).rejects.toThrow(
    /TOLLGATE_TOKEN_BRAND "A B" is not usable/,
  );
});

test('a missing or short pepper stops the start with a clear line', async () => {
  const boot = (pepper: string) => bootAuth(database.url, { variables: { TOLLGATE_TOKEN_PEPPER: pepper } });
  await expect(boot('')).rejects.toThrow(/TOLLGATE_TOKEN_PEPPER is missing: at least 32 random bytes/);
  await expect(boot('too-short')).rejects.toThrow(/TOLLGATE_TOKEN_PEPPER is not usable: expected at least 32 random bytes/);
});

test('with TOLLGATE_OWNER_EMAIL there is somebody who can sign in, once with the first password', async () => {
  const path = join(folder, 'first.json');
  const variables = { TOLLGATE_BOOTSTRAP_FILE: path, TOLLGATE_OWNER_EMAIL: 'Owner@Example.com' };
  const handle = await bootAuth(database.url, { variables });
  const { owner } = JSON.parse(readFileSync(path, 'utf8')) as { owner: { email: string; password: string } };
  expect(owner.email).toBe('owner@example.com');
  const browser = new PlayBrowser(handle.url);
  expect((await browser.signIn(owner.email, owner.password)).body).toMatchObject({ must_change_password: true });
  expect((await browser.changePassword(owner.password, 'a password of their own')).status).toBe(200);
  expect((await browser.call('GET', '/api/v1/organisations')).status).toBe(200);
  await handle.close();
  await expect(bootAuth(database.url, { variables: { TOLLGATE_OWNER_EMAIL: 'nobody' } })).rejects.toThrow(
    /TOLLGATE_OWNER_EMAIL "nobody" is not usable: expected an email address/,
  );
});
