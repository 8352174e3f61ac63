import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Stack, startStack, waitFor } from '@tollgate/testing';
import pg from 'pg';
import { type ProofSuite, seeded } from '../proof-suite.ts';
import { type Actor, type Change, call, makeChanges } from './make-changes.ts';
import { MUTATION_KINDS, mutate } from './mutate.ts';
import { runVerifier, type Verdict } from './run-verifier.ts';
import { tamperings } from './tamper.ts';

const TOKENS = 800;
const ACTORS = 6;
const ROUNDS = 48;
const FLOOD = 300;
const ROUTES = 20;
const AT_ONCE = 2;

type Counts = Record<string, number>;

/** The trail of many changes by several actors over two replicas; then every way to change it that we could think of. */
export const audit: ProofSuite = {
  name: 'audit',
  summary: 'changes over two auth replicas, exported and verified by the CLI; mutated exports and database rows are all found',
  bounds: {
    changes: { min: TOKENS * 3 },
    changes_per_second: { min: 20 },
    replicas: { min: 2 },
    unaudited: { max: 0 },
    catalogue_changes: { min: ROUTES },
    valid_exports: { min: 5 },
    mutations: { min: 500 },
    mutations_missed: { max: 0 },
    mutations_misplaced: { max: 0 },
    database_tamperings: { min: 13 },
    database_missed: { max: 0 },
    denials: { min: FLOOD },
    denial_events: { min: 1, max: 6 },
  },
  async run({ seed, say }) {
    const random = seeded(seed);
    const folder = mkdtempSync(join(tmpdir(), 'tollgate-proof-audit-'));
    const stack = await startStack({ arrangement: 'distributed', auths: 2, env: { LOG_LEVEL: 'warn' } });
    const database = new pg.Client({ connectionString: stack.databaseUrl ?? '' });
    try {
      await database.connect();
      return await prove(stack, database, folder, random, say);
    } finally {
      await database.end();
      await stack.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function prove(
  stack: Stack,
  database: pg.Client,
  folder: string,
  random: () => number,
  say: (text: string) => void,
): Promise<Counts> {
  const urls = stack.of('auth').map(({ url }) => url);
  const actors = await Promise.all(
    Array.from({ length: ACTORS }, (_, index) => newActor(stack, `actor ${index}`, ['admin:*', 'llm:*'])),
  );
  const since = performance.now();
  const changes = await makeChanges(urls, actors, TOKENS);
  const rate = Math.floor(changes.length / ((performance.now() - since) / 1_000));
  say(`${changes.length} changes of one tenant by ${ACTORS} actors over ${urls.length} replicas, ${rate}/s`);
  const counts: Counts = { changes: changes.length, changes_per_second: rate, replicas: urls.length };
  Object.assign(counts, await flood(stack, urls, database));

  counts['catalogue_changes'] = await changeCatalogue(stack);

  const keyFile = join(folder, 'keys.json');
  writeFileSync(keyFile, await (await fetch(`${urls[0]}/api/v1/audit/keys`)).text());
  const pinned = ['--public-key', keyFile];
  const text = await exportOf(urls[1] as string, stack.adminToken);
  const exportFile = join(folder, 'export.jsonl');
  writeFileSync(exportFile, text);
  counts['unaudited'] = countUnaudited(text, changes);

  const ranges = ['?from_seq=1001&to_seq=2000', `?from_seq=${1_500}`];
  const valid: Promise<Verdict>[] = [
    runVerifier([exportFile, ...pinned]),
    runVerifier(['-', ...pinned], text),
    runVerifier(['-', ...pinned], gzipSync(text)),
    ...ranges.map(async (range) => runVerifier(['-', ...pinned], await exportOf(urls[0] as string, stack.adminToken, range))),
  ];
  const verdicts = await Promise.all(valid);
  for (const { code, message } of verdicts) if (code !== 0) say(`refused without a reason: ${message}`);
  counts['valid_exports'] = verdicts.filter(({ code }) => code === 0).length;
  say(`${text.split('\n').length - 1} lines exported; ${counts['valid_exports']} exports verified`);

  const foreign = await exportOfAnother(stack, urls[0] as string, database);
  Object.assign(counts, await mutateAll(text, foreign, pinned, random, say));
  Object.assign(counts, await tamperAll(urls, stack, database, pinned, random, say));
  return counts;
}

async function newActor(stack: Stack, name: string, scopes: readonly string[]): Promise<Actor> {
  return stack.createToken({ name, type: 'management_key', scopes });
}

async function exportOf(url: string, token: string, query = ''): Promise<string> {
  const response = await fetch(`${url}/api/v1/audit/export${query}`, { headers: { authorization: `Bearer ${token}` } });
  if (response.status !== 200) throw new Error(`The export was answered ${response.status}: ${await response.text()}`);
  return response.text();
}

/** Changes that the export lacks, has twice, or ascribes to somebody else. */
function countUnaudited(text: string, changes: readonly Change[]): number {
  const seen = new Map<string, number>();
  for (const line of text.trimEnd().split('\n')) {
    const { event } = JSON.parse(line) as {
      event?: { action: string; actor: { id: string }; target: { id: string }; request_id: string | null };
    };
    if (event === undefined) continue;
    const key = `${event.action} ${event.actor.id} ${event.target.id} ${event.request_id}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  return changes.filter(
    ({ action, actorId, targetId, requestId }) => seen.get(`${action} ${actorId} ${targetId} ${requestId}`) !== 1,
  ).length;
}

/** Changes of another service, which reach the trail by its outbox; how many did. */
async function changeCatalogue(stack: Stack): Promise<number> {
  for (let i = 0; i < ROUTES; i += 1) {
    const body = { model: `alias-${i}`, targets: [{ model: 'demo/chat' }] };
    const { status } = await stack.api('/api/v1/routes', { method: 'POST', body });
    if (status !== 201) throw new Error(`A route was answered ${status}`);
  }
  return waitFor(
    async () => {
      const { body } = await stack.api('/api/v1/audit/events?action=route.created&limit=200');
      const { length } = (body as { data: readonly unknown[] }).data;
      return length >= ROUTES ? length : null;
    },
    { timeoutMs: 20_000, what: `${ROUTES} routes in the trail` },
  );
}

/** A key that may nothing asks again and again: refused each time, and the trail does not grow with it. */
async function flood(stack: Stack, urls: readonly string[], database: pg.Client): Promise<Counts> {
  const weak = await newActor(stack, 'weak', ['admin:audit:read']);
  let denials = 0;
  for (let i = 0; i < FLOOD; i += 10) {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        call(urls[index % urls.length] as string, weak.token, 'POST', '/api/v1/tokens', {}),
      ),
    );
    denials += answers.filter(({ status }) => status === 403).length;
  }
  const count = async (): Promise<number> => {
    const { rows } = await database.query<{ count: string }>(
      "SELECT count(*) FROM auth.audit_events WHERE decision = 'denied' AND actor ->> 'id' = $1",
      [weak.id],
    );
    return Number(rows[0]?.count);
  };
  const events = await waitFor(async () => (await count()) || null, { timeoutMs: 20_000, what: 'the refusals in the trail' });
  return { denials, denial_events: events };
}

/** The trail of another organisation, whose events and checkpoints are signed with the same key. */
async function exportOfAnother(stack: Stack, url: string, database: pg.Client): Promise<readonly string[]> {
  const other = 'org_0000000000000000000000000z';
  const mover = await newActor(stack, 'mover', ['admin:*', 'llm:*']);
  await database.query('INSERT INTO auth.organisations (id, name, created_at, updated_at) VALUES ($1, $2, now(), now())', [
    other,
    'other',
  ]);
  await database.query('UPDATE auth.tokens SET organisation_id = $1 WHERE id = $2', [other, mover.id]);
  await makeChanges([url], [mover], 20);
  const text = await exportOf(url, mover.token);
  if (!text.includes(other)) throw new Error('the other organisation has no trail');
  return text.trimEnd().split('\n');
}

async function mutateAll(
  text: string,
  foreign: readonly string[],
  pinned: readonly string[],
  random: () => number,
  say: (text: string) => void,
): Promise<Counts> {
  const lines = text.slice(0, -1).split('\n');
  const counts = { mutations: 0, mutations_missed: 0, mutations_misplaced: 0 };
  const jobs = Array.from({ length: ROUNDS }, () => MUTATION_KINDS).flat();
  const work = async (): Promise<void> => {
    for (let kind = jobs.pop(); kind !== undefined; kind = jobs.pop()) {
      const mutation = mutate(kind, { lines, foreign, random });
      const { code, result } = await runVerifier(['-', ...pinned], `${mutation.lines.join('\n')}\n`);
      counts.mutations += 1;
      if (code !== 1 || result?.valid !== false) {
        counts.mutations_missed += 1;
        say(`missed: ${kind} (code ${code})`);
      } else if (mutation.line !== null && result.line !== mutation.line) {
        counts.mutations_misplaced += 1;
        say(`misplaced: ${kind}, at line ${mutation.line}, named ${result.line}: ${result.flaw}`);
      }
      if (counts.mutations % 100 === 0) say(`${counts.mutations} mutations, ${counts.mutations_missed} missed`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return counts;
}

async function tamperAll(
  urls: readonly string[],
  stack: Stack,
  database: pg.Client,
  pinned: readonly string[],
  random: () => number,
  say: (text: string) => void,
): Promise<Counts> {
  const { rows } = await database.query<{ organisation_id: string; seq: string }>(
    'SELECT organisation_id, seq FROM auth.audit_heads ORDER BY seq DESC LIMIT 1',
  );
  const tenant = rows[0]?.organisation_id ?? '';
  const counts = { database_tamperings: 0, database_missed: 0 };
  const exported = (index: number): Promise<string> => exportOf(urls[index % urls.length] as string, stack.adminToken);
  for (const [index, { name, rows: where, sql }] of tamperings(Number(rows[0]?.seq), random).entries()) {
    await database.query(`CREATE TABLE auth.kept AS SELECT * FROM auth.audit_events WHERE ${where.replace('$1', `'${tenant}'`)}`);
    await database.query(sql, [tenant]);
    const { code } = await runVerifier(['-', ...pinned], await exported(index));
    counts.database_tamperings += 1;
    if (code !== 1) {
      counts.database_missed += 1;
      say(`missed in the database: ${name} (code ${code})`);
    }
    await database.query(
      'DELETE FROM auth.audit_events WHERE (organisation_id, seq) IN (SELECT organisation_id, seq FROM auth.kept)',
    );
    await database.query('INSERT INTO auth.audit_events SELECT * FROM auth.kept');
    await database.query('DROP TABLE auth.kept');
  }
  const { code, message } = await runVerifier(['-', ...pinned], await exported(0));
  if (code !== 0) throw new Error(`What was put back does not verify: ${message}`);
  return counts;
}
