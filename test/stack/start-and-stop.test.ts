import { chownSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSimulatedOpenAi } from '@tollgate/testing';
import { afterAll, expect, test } from 'vitest';
import { DISTRIBUTED, lastLine, newFolder, processesIn, removeFolders, run, untilNothingRuns } from './start-up/run-product.ts';

afterAll(removeFolders);

const READY = /^ready url=(\S+)(?: token=(\S+) admin=(\S+))?$/m;
const asRoot = process.getuid?.() === 0;

test('a second start on a folder in use is refused in one line; after a stop it keeps the data and shows no secret', async () => {
  const cwd = newFolder();
  const first = run({ cwd });
  await first.says(READY);
  const [, url, token, admin] = READY.exec(first.stdout()) ?? [];
  expect(token).toMatch(/^tgk_/);
  expect(admin).toMatch(/^tga_/);

  const second = run({ cwd });
  expect((await second.ended).code).toBe(1);
  expect(lastLine(second)).toBe(
    `tollgate: ${join(cwd, '.tollgate')} is in use by process ${first.child.pid}: stop it first, or name another folder in TOLLGATE_DATA_DIR.`,
  );
  const models = (base: string | undefined) => fetch(`${base}/v1/models`, { headers: { authorization: `Bearer ${token}` } });
  expect((await models(url)).status).toBe(200);
  first.child.kill('SIGINT');
  expect(await first.ended).toEqual({ code: 0, signal: null });
  await untilNothingRuns(cwd);

  const third = run({ cwd });
  await third.says(READY);
  const again = READY.exec(third.stdout());
  expect([again?.[2], again?.[3]]).toEqual([undefined, undefined]);
  expect(third.stdout() + third.stderr()).not.toMatch(/tg[ka]_live/);
  expect((await models(again?.[1])).status).toBe(200);
  third.child.kill('SIGTERM');
  expect((await third.ended).code).toBe(0);
  await untilNothingRuns(cwd);
});

test('with nothing but a provider key in the environment the first call after the ready line reaches the provider', async () => {
  const upstream = await startSimulatedOpenAi();
  const cwd = newFolder();
  const start = run({ cwd, env: { OPENAI_API_KEY: 'sk-simulated', OPENAI_BASE_URL: upstream.url } });
  try {
    await start.says(READY);
    const [, url, token] = READY.exec(start.stdout()) ?? [];
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openai/gpt-4.1', messages: [{ role: 'user', content: 'hello' }] }),
    });
    expect([answer.status, answer.headers.get('x-tollgate-model')]).toEqual([200, 'gpt-4.1']);
  } finally {
    start.child.kill('SIGINT');
    await start.ended;
    await upstream.stop();
  }
  await untilNothingRuns(cwd);
});

test.runIf(asRoot)('an ordinary user starts it in a folder of his own', async () => {
  const cwd = newFolder();
  chownSync(cwd, 65_534, 65_534);
  const start = run({ cwd, uid: 65_534 });
  await start.says(READY);
  start.child.kill('SIGINT');
  expect((await start.ended).code).toBe(0);
  await untilNothingRuns(cwd);
});

test.each([
  ['before anything is there', /starting the services|making/],
  ['while Postgres is made', 'making the data folder of Postgres'],
  ['while Postgres starts', 'starting Postgres'],
])('Ctrl-C %s leaves nothing running, and the next start works', async (_, moment) => {
  const cwd = newFolder();
  const start = run({ cwd });
  await start.says(moment);
  start.child.kill('SIGINT');
  expect(await start.ended).toEqual({ code: 130, signal: null });
  expect(start.stderr()).not.toContain('tollgate: ');
  await untilNothingRuns(cwd);
  const next = run({ cwd });
  await next.says(READY);
  expect(READY.exec(next.stdout())?.[2]).toMatch(/^tgk_/);
  next.child.kill('SIGINT');
  expect((await next.ended).code).toBe(0);
  await untilNothingRuns(cwd);
});

test.each(['making the data folder of Postgres', 'migrating the database', 'starting 5 processes'])(
  'Ctrl-C at start:distributed while it says "%s" leaves nothing running',
  async (moment) => {
    const cwd = newFolder();
    const start = run({ script: DISTRIBUTED, cwd });
    await start.says(moment);
    start.child.kill('SIGINT');
    expect(await start.ended).toEqual({ code: 130, signal: null });
    expect(start.stderr()).not.toContain('tollgate: ');
    await untilNothingRuns(cwd);
  },
);

test('TOLLGATE_MIGRATE: false refuses an older schema, only migrates and ends, then false starts', async () => {
  const cwd = newFolder();
  const refused = run({ cwd, env: { TOLLGATE_MIGRATE: 'false' } });
  // Its database runs when this is found: it must have been stopped, and the code be that of the failure.
  expect(await refused.ended).toEqual({ code: 2, signal: null });
  expect(lastLine(refused)).toMatch(
    /is older than this build: .* Run the migrations of this version first\. \(TOLLGATE_MIGRATE=only\)$/,
  );
  expect(processesIn(cwd)).toEqual([]);
  const only = run({ cwd, env: { TOLLGATE_MIGRATE: 'only' } });
  expect((await only.ended).code).toBe(0);
  expect(only.stdout()).toBe('');
  expect(readdirSync(join(cwd, '.tollgate'))).not.toContain('lock.json');
  const start = run({ cwd, env: { TOLLGATE_MIGRATE: 'false' } });
  await start.says(READY);
  start.child.kill('SIGTERM');
  expect((await start.ended).code).toBe(0);
  const wrong = run({ cwd, env: { TOLLGATE_MIGRATE: 'perhaps' } });
  expect((await wrong.ended).code).toBe(2);
  expect(lastLine(wrong)).toMatch(/^tollgate: TOLLGATE_MIGRATE "perhaps" is not usable: expected one of/);
  await untilNothingRuns(cwd);
});

test('a data folder of another Postgres is one line', async () => {
  const cwd = newFolder();
  const start = run({ cwd, env: { TOLLGATE_MIGRATE: 'only' } });
  expect((await start.ended).code).toBe(0);
  writeFileSync(join(cwd, '.tollgate/postgres/data/PG_VERSION'), '12\n');
  const other = run({ cwd });
  expect((await other.ended).code).toBe(1);
  expect(lastLine(other)).toContain('belongs to Postgres 12, this build brings 18');
});
