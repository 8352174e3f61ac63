import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { SERVICES, type Service } from '@tollgate/contracts';
import { type Stack, startStack } from '@tollgate/testing';
import { type ProofSuite, seeded } from '../proof-suite.ts';
import { corpusOf, FAMILIES } from './corpus.ts';
import { attackDataPlane } from './data-plane.ts';
import { Judge, textsOf } from './judge.ts';
import { ManagementAttack } from './management.ts';
import { attackOAuth } from './oauth-server.ts';
import { closeAgents, send } from './send.ts';
import { makeStage } from './stage.ts';
import { WITNESS_SETTINGS, Witness } from './witness.ts';

const none = { max: 0 } as const;

/**
 * A corpus of injections through every field of every operation of the management API, of the data plane and of the OAuth
 * server, over real processes. Postgres writes down every statement without the values that went beside it, so that a value that
 * was pasted into SQL is seen even where nothing comes of it.
 */
export const injection: ProofSuite = {
  name: 'injection',
  summary:
    'SQL, LIKE, header, template, markup and path payloads through every field: none does anything, and what is stored comes back to the letter',
  bounds: {
    payloads: { min: 100 },
    families: { min: FAMILIES.length },
    operations: { min: 84 },
    fields: { min: 2_000 },
    data_plane_fields: { min: 50 },
    oauth_fields: { min: 50 },
    cases: { min: 75_000 },
    accepted: { min: 10_000 },
    verbatim: { min: 4_000 },
    rows_compared: { min: 500 },
    records_verbatim: { min: 50 },
    statements: { min: 150_000 },
    // Two wrongs that the proof does itself: what is looked for would be seen.
    controls_seen: { min: 2 },
    rows_too_many: none,
    altered: none,
    records_altered: none,
    answers_5xx: none,
    unanswered: none,
    unexplained: none,
    internals_shown: none,
    headers_split: none,
    evaluated: none,
    markup_unescaped: none,
    slept: none,
    foreign_shown: none,
    statements_with_payload: none,
    database_errors: none,
    canary_calls: none,
    foreign_rows_changed: none,
    tables_miscounted: none,
    schema_changed: none,
    processes_polluted: none,
  },
  async run({ seed, say }) {
    const random = seeded(seed);
    let canaryCalls = 0;
    const canary = createServer((socket) => {
      canaryCalls += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    const stack = await startStack({
      arrangement: 'distributed',
      env: { LOG_LEVEL: 'warn' },
      postgresSettings: WITNESS_SETTINGS,
    });
    const witness = await Witness.open(stack.databaseUrl ?? '', say);
    try {
      const payloads = corpusOf((canary.address() as AddressInfo).port);
      const stage = await makeStage(stack);
      const judge = new Judge(stage.foreignMarks, textsOf(payloads), say);
      const marks = [...stage.foreignMarks, stage.foreignId];
      const before = await witness.settled(marks);
      const origins = Object.fromEntries(SERVICES.map((service) => [service, stack.of(service)[0]?.url ?? stack.url]));
      const management = new ManagementAttack({
        ...{ origins: origins as Readonly<Record<Service, string>>, payloads, judge, random, say },
        ...{ things: stage.things, session: stage.session, admin: { authorization: `Bearer ${stack.adminToken}` } },
      });
      await management.run();
      say(`management: ${judge.cases} cases`);
      const dataPlane = await attackDataPlane(stack, stage.token, payloads, judge, say);
      say(`data plane: ${judge.cases} cases`);
      const oauthFields = await attackOAuth({ origin: stack.of('auth')[0]?.url ?? '', client: stage.client, payloads, judge });
      const after = await witness.photograph(marks);
      const changed = [...before.foreign].filter(([table, digest]) => after.foreign.get(table) !== digest);
      for (const [table] of changed) say(`rows of the other tenant changed in ${table}`);
      const log = await witness.readLog();
      say(`statuses: ${[...judge.statuses].map(([status, times]) => `${status}: ${times}`).join(', ')}`);
      return {
        payloads: payloads.length,
        families: new Set(payloads.map(({ family }) => family)).size,
        ...management.counts,
        ...dataPlane,
        oauth_fields: oauthFields,
        cases: judge.cases,
        ...judge.faults,
        statements: log.statements,
        statements_with_payload: log.statementsWithPayload,
        database_errors: log.databaseErrors,
        controls_seen: log.controlsSeen,
        canary_calls: canaryCalls,
        foreign_rows_changed: changed.length,
        tables_miscounted: miscounted(before.counts, after.counts, management.made, say),
        schema_changed: before.schema === after.schema ? 0 : 1,
        processes_polluted: await polluted(stack),
      };
    } finally {
      canary.close();
      await witness.close();
      closeAgents();
      await stack.stop();
    }
  },
};

/** Tables whose rows grew by something else than what was made with our leave. */
function miscounted(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  made: ReadonlyMap<string, number>,
  say: (text: string) => void,
): number {
  let wrong = 0;
  for (const [table, count] of made) {
    const grown = (after.get(table) ?? Number.NaN) - (before.get(table) ?? Number.NaN);
    if (grown === count) continue;
    wrong += 1;
    say(`${table} grew by ${grown} rows, ${count} were made`);
  }
  // What nobody may ever take rows from.
  for (const table of [
    'auth.organisations',
    'auth.tokens',
    'auth.token_secrets',
    'auth.audit_events',
    'auth.users',
    'auth.members',
  ]) {
    if ((after.get(table) ?? 0) >= (before.get(table) ?? 0)) continue;
    wrong += 1;
    say(`${table} lost rows`);
  }
  return wrong;
}

/** A field that came by the prototype would show in objects that have nothing to do with it. */
async function polluted(stack: Stack): Promise<number> {
  let seen = 0;
  for (const { url } of stack.processes) {
    const { text } = await send({ origin: url, method: 'GET', path: '/readyz', headers: {} });
    if (text === '' || text.includes('polluted')) seen += 1;
  }
  return seen;
}
