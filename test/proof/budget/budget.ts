import { type Stack, startStack, waitFor } from '@tollgate/testing';
import pg from 'pg';
import { type ProofSuite, seeded } from '../proof-suite.ts';
import { press } from './press.ts';
import { runProperties } from './properties.ts';

const ROUTERS = 4;
const CALLERS = 1_000;
const PROPERTY_RUNS = 3_000;
const NANO = 1e9;
const DOLLAR = 1 * NANO;
/** Dear enough that a dollar is gone in a few thousand calls: 2.5 and 10 dollars per million tokens. */
const MODEL = 'sim/sim-priced';

/** tokens.md: charged + reserved never pass the budget, what is reserved comes back, and nearly all of it can be spent. */
export const budget: ProofSuite = {
  name: 'budget',
  summary: `property tests of ${PROPERTY_RUNS} cases; ${CALLERS} concurrent callers over ${ROUTERS} routers on a budget of one dollar, one router killed`,
  bounds: {
    property_tests: { min: 7 },
    property_failures: { max: 0 },
    callers: { min: CALLERS },
    in_flight_max: { min: CALLERS / 2 },
    spent_nano: { min: 0.95 * DOLLAR, max: DOLLAR },
    records_cost_nano: { max: DOLLAR },
    records_differ: { max: 0 },
    reserved_after_drain_nano: { max: 0 },
    strange_answers: { max: 0 },
    refusals_without_retry_after: { max: 0 },
    killed_spent_nano: { max: DOLLAR },
    killed_reserved_after_replay_nano: { max: 0 },
    killed_charged_below_cost: { max: 0 },
  },
  async run({ seed, say }) {
    const random = seeded(seed);
    const properties = await runProperties(PROPERTY_RUNS);
    say(`properties: ${properties.passed} passed, ${properties.failed} failed`);
    const stack = await startStack({ arrangement: 'distributed', routers: ROUTERS, adapters: 2, env: { LOG_LEVEL: 'warn' } });
    const client = new pg.Client({ connectionString: stack.databaseUrl ?? '' });
    await client.connect();
    try {
      const calm = await spendDollar(stack, client, { random, say });
      const killed = await spendDollar(stack, client, { random, say, kill: true });
      return {
        property_tests: properties.passed,
        property_failures: properties.failed,
        callers: CALLERS,
        in_flight_max: calm.inFlightMax,
        calls: calm.calls,
        succeeded: calm.succeeded,
        refused: calm.refused,
        spent_nano: calm.charged,
        records_cost_nano: calm.cost,
        records_differ: calm.charged === calm.cost ? 0 : 1,
        reserved_after_drain_nano: calm.committed - calm.charged,
        strange_answers: calm.strange + calm.broken,
        refusals_without_retry_after: calm.mute + killed.mute,
        killed_succeeded: killed.succeeded,
        killed_without_answer: killed.broken,
        killed_spent_nano: killed.charged,
        killed_records_cost_nano: killed.cost,
        killed_reserved_after_replay_nano: killed.committed - killed.charged,
        // Calls that died with their router are charged what was reserved: never less than they cost.
        killed_charged_below_cost: killed.charged < killed.cost ? 1 : 0,
      };
    } finally {
      await client.end();
      await stack.stop();
    }
  },
};

interface Spending {
  readonly random: () => number;
  readonly kill?: boolean;
  say(text: string): void;
}

async function spendDollar(stack: Stack, client: pg.Client, { random, say, kill = false }: Spending) {
  const { id: tokenId, token } = await stack.createToken();
  const made = await stack.api('/api/v1/budgets', {
    method: 'POST',
    body: {
      name: kill ? 'A dollar, and a death' : 'A dollar',
      subject: { type: 'token', id: tokenId },
      amount: '1',
      period: 'month',
    },
  });
  if (made.status !== 201) throw new Error(`no budget: ${JSON.stringify(made.body)}`);
  const { id } = made.body as { id: string };
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const victim = kill ? stack.of('router')[ROUTERS - 1] : undefined;
  const dying = (async () => {
    if (victim === undefined) return;
    await waitFor(async () => (await windowOf(client, id)).charged > DOLLAR / 5, { timeoutMs: 120_000, intervalMs: 100 });
    await victim.kill('SIGKILL');
    say('a router was killed');
    await victim.start();
  })();
  const pressed = await press(stack, {
    token,
    callers: kill ? CALLERS / 5 : CALLERS,
    patienceMs: kill ? 15_000 : 10_000,
    body: () =>
      JSON.stringify({
        model: MODEL,
        messages: [{ role: 'user', content: 'x'.repeat(Math.floor(random() * 200)) }],
        max_tokens: 20 + Math.floor(random() * 100),
      }),
  });
  await dying;
  // The killed router's folder is replayed by its successor every half minute.
  await waitFor(async () => (await outOf(client, id)) === 0, { timeoutMs: 90_000, intervalMs: 500, what: 'no money on loan' });
  const window = await windowOf(client, id);
  const cost = await waitFor(async () => costOf(client, tokenId), { timeoutMs: 30_000 });
  say(
    `spent ${window.charged / NANO} of 1, records say ${cost / NANO}, ${pressed.succeeded} of ${pressed.calls} calls succeeded, ${pressed.inFlightMax} at once`,
  );
  return { ...pressed, ...window, cost };
}

async function windowOf(client: pg.Client, id: string): Promise<{ readonly committed: number; readonly charged: number }> {
  const { rows } = await client.query<{ readonly committed: string; readonly charged: string }>(
    'SELECT committed, charged FROM auth.budget_windows WHERE budget_id = $1',
    [id],
  );
  return { committed: Number(rows[0]?.committed ?? 0), charged: Number(rows[0]?.charged ?? 0) };
}

async function outOf(client: pg.Client, id: string): Promise<number> {
  const { rows } = await client.query<{ readonly nano: string }>(
    'SELECT COALESCE(sum(granted - released - charged), 0) AS nano FROM auth.budget_leases WHERE budget_id = $1',
    [id],
  );
  return Number(rows[0]?.nano ?? 0);
}

/** By the usage records, which know nothing of budgets: the sum of what each call cost, each rounded up to a billionth. */
async function costOf(client: pg.Client, tokenId: string): Promise<number> {
  const { rows } = await client.query<{ readonly nano: string | null }>(COST_SQL, [tokenId]);
  return Number(rows[0]?.nano ?? 0);
}

const COST_SQL = 'SELECT sum(ceil(cost_amount * 1000000000)) AS nano FROM analytics.usage_records WHERE token_id = $1';
