import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Stack, startStack } from '@tollgate/testing';
import pg from 'pg';
import { type LoadGenerator, type MeasuredServer, startLoadGenerator, startServer } from '../../perf/children.ts';
import { spentBy } from '../../perf/cpu.ts';
import type { LoadJob } from '../../perf/load-generator.ts';
import { median } from '../../perf/median.ts';
import { COLLECTABLE, settledResidentOf } from '../bad-input/resident.ts';
import type { ProofSuite } from '../proof-suite.ts';
import { type StoredToken, storeOthers, storeUsable } from './fill.ts';
import { type Asked, askManagement } from './manage.ts';
import { postmasterOf, type Spent, spentOn } from './processes.ts';

const FEW = 1_000;
const MANY = 1_000_000;
/** Keys that are in use all the time, the same at both sizes. */
const WORKING_SET = 400;
/** For questions to the management API, at each size: some of them are revoked by it. */
const MANAGED = 40;
/** Calls of keys that the router does not know yet: what a look-up costs. */
const COLD = 2_000;
const CACHE_ENTRIES = 5_000;
/** Four times the cache, once it is full. */
const SPREAD = 20_000;
const ROUNDS = 7;
const REQUESTS = 3_000;
const CONCURRENCY = 16;

const MEGABYTE = 1e6;

/**
 * The cost of a call, of a look-up and of management with a thousand tokens stored and with a million, by the kernel's account of
 * each process and as a ratio to the reference relay of the same run; and what the router keeps of more keys than it has room for.
 */
export const millionTokens: ProofSuite = {
  name: 'million-tokens',
  summary: 'with 1,000 tokens stored and with 1,000,000: CPU per call and look-up, memory of the router, management',
  bounds: {
    stored: { min: MANY },
    calls: { min: ROUNDS * REQUESTS * 2 },
    distinct_keys_called: { min: SPREAD },
    failed: { max: 0 },
    call_cpu_grown_percent: { max: 10 },
    whole_call_cpu_grown_percent: { max: 10 },
    lookup_cpu_grown_percent: { max: 10 },
    router_grown_beyond_cache_mb: { max: 16 },
    list_p95_ms: { max: 100 },
    sorted_list_p95_ms: { max: 100 },
    search_p95_ms: { max: 1_000 },
    revoke_p95_ms: { max: 100 },
    revoked_everywhere_ms: { max: 1_000 },
  },
  async run({ say }) {
    const pepper = randomBytes(32);
    const stack = await startStack({
      arrangement: 'distributed',
      env: {
        ...COLLECTABLE,
        LOG_LEVEL: 'warn',
        TOLLGATE_TOKEN_PEPPER: pepper.toString('base64url'),
        TOLLGATE_TOKEN_CACHE_ENTRIES: String(CACHE_ENTRIES),
      },
      // As an operator sets it for a database of this size; the harness's default is that of the embedded one.
      postgresSettings: { shared_buffers: '512MB', max_wal_size: '4GB' },
    });
    const load = startLoadGenerator();
    const relay = await startServer('./reference-relay.ts', `http://127.0.0.1:${stack.upstream.port}`);
    const client = new pg.Client({ connectionString: stack.databaseUrl ?? '' });
    await client.connect();
    try {
      const bench = new Bench(stack, load, relay, await postmasterOf(client), say);
      const pattern = await stack.createToken({
        name: 'pattern',
        limits: { requests: { limit: 1_000_000_000, period_seconds: 60 } },
      });
      const store = (count: number, word: string) => storeUsable(client, pattern.id, pepper, count, word);
      const used = await store(WORKING_SET, 'used');
      const few = { managed: await store(MANAGED, 'managed'), cold: await store(FEW - WORKING_SET - MANAGED, 'cold') };
      await client.query('VACUUM ANALYZE auth.tokens, auth.token_secrets');
      say(`${FEW} tokens`);
      await bench.warmUp(used);
      const before = await bench.measure(used, few);
      say(`storing ${MANY} tokens`);
      const many = { managed: await store(MANAGED, 'managed'), cold: await store(COLD, 'cold') };
      const spread = await store(SPREAD + CACHE_ENTRIES, 'spread');
      await storeOthers(client, pattern.id, MANY);
      const { rows } = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM auth.token_secrets');
      const stored = rows[0]?.count ?? 0;
      say(`${stored} tokens`);
      const after = await bench.measure(used, many);
      const memory = await bench.spread(spread);
      const revokedMs = await bench.revoke(many.cold[0] as StoredToken);
      for (const [name, { p95Ms, cpuMs }] of Object.entries(after.management)) {
        const was = before.management[name] as Asked;
        say(
          `${name}: p95 ${was.p95Ms.toFixed(1)} -> ${p95Ms.toFixed(1)} ms, CPU ${was.cpuMs.toFixed(2)} -> ${cpuMs.toFixed(2)} ms`,
        );
      }
      const grown = (of: (each: Measured) => number): number => Math.round((of(after) / of(before) - 1) * 1_000) / 10;
      const worst = (...names: readonly string[]): number =>
        Math.ceil(Math.max(...names.map((name) => after.management[name]?.p95Ms ?? 0)));
      return {
        stored,
        calls: bench.calls,
        distinct_keys_called: new Set([...used, ...spread, ...many.cold].map(({ id }) => id)).size,
        failed: bench.failed,
        call_cpu_us_before: Math.round(before.call),
        call_cpu_us_after: Math.round(after.call),
        call_ratio_e2_before: Math.round(before.ratio * 100),
        call_ratio_e2_after: Math.round(after.ratio * 100),
        call_cpu_grown_percent: grown(({ ratio }) => ratio),
        whole_call_cpu_grown_percent: grown(({ wholeRatio }) => wholeRatio),
        lookup_cpu_us_before: Math.round(before.lookup),
        lookup_cpu_us_after: Math.round(after.lookup),
        lookup_cpu_grown_percent: grown(({ lookupRatio }) => lookupRatio),
        ...memory,
        list_p95_ms: worst('list', 'list_active'),
        sorted_list_p95_ms: worst('list_by_name', 'list_by_expiry', 'list_by_use'),
        search_p95_ms: worst('search_common', 'search_none', 'search_tag'),
        revoke_p95_ms: worst('revoke', 'change', 'read'),
        revoked_everywhere_ms: revokedMs,
      };
    } finally {
      await client.end();
      await relay.stop();
      await load.stop();
      await stack.stop();
    }
  },
};

interface Measured {
  /** CPU of router and auth for a call, microseconds, and as a ratio to the relay. */
  readonly call: number;
  readonly ratio: number;
  /** The same with the adapter, nats-server and Postgres. */
  readonly wholeRatio: number;
  /** CPU of all of them for a call whose key the router does not know. */
  readonly lookup: number;
  readonly lookupRatio: number;
  readonly management: Readonly<Record<string, Asked>>;
}

const BODY = JSON.stringify({
  model: 'sim/sim-fast-24',
  max_tokens: 24,
  messages: [{ role: 'user', content: 'The gate takes the toll of each who passes, and keeps the book of it. '.repeat(14) }],
});

class Bench {
  calls = 0;
  failed = 0;
  private readonly stack: Stack;
  private readonly generator: LoadGenerator;
  private readonly relay: MeasuredServer;
  private readonly postmaster: number;
  private readonly say: (text: string) => void;

  constructor(stack: Stack, generator: LoadGenerator, relay: MeasuredServer, postmaster: number, say: (text: string) => void) {
    this.stack = stack;
    this.generator = generator;
    this.relay = relay;
    this.postmaster = postmaster;
    this.say = say;
  }

  async warmUp(used: readonly StoredToken[]): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await this.reference();
      await this.governed(used, REQUESTS);
    }
  }

  /** Relay and gateway in turns; the median of the ratios. */
  async measure(
    used: readonly StoredToken[],
    { cold, managed }: { readonly cold: readonly StoredToken[]; readonly managed: readonly StoredToken[] },
  ): Promise<Measured> {
    // Everything that was written is settled, and the working set is known.
    await pause(3_000);
    await this.governed(used, REQUESTS);
    const [calls, ratios, wholeRatios, relays]: number[][] = [[], [], [], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      const relay = await this.reference();
      const spent = await this.governed(used, REQUESTS);
      relays?.push(relay);
      calls?.push(spent.router + spent.auth);
      ratios?.push((spent.router + spent.auth) / relay);
      wholeRatios?.push(total(spent) / relay);
      const parts = Object.entries(spent).map(([part, microseconds]) => `${part} ${microseconds.toFixed(1)}`);
      this.say(`relay ${relay.toFixed(1)} us; a call: ${parts.join(', ')}`);
    }
    const spentCold = await this.governed(cold, cold.length);
    const lookup = total(spentCold);
    this.say(
      `a call of a key that is not known: ${Object.entries(spentCold)
        .map(([part, us]) => `${part} ${us.toFixed(1)}`)
        .join(', ')}`,
    );
    const management = await askManagement(this.stack, this.postmaster, managed);
    return {
      call: median(calls ?? []),
      ratio: median(ratios ?? []),
      wholeRatio: median(wholeRatios ?? []),
      lookup,
      lookupRatio: lookup / median(relays ?? []),
      management,
    };
  }

  /** More keys than the router has room for: it must not grow with them. */
  async spread(tokens: readonly StoredToken[]): Promise<Record<string, number>> {
    const router = this.stack.processes.filter(({ services }) => services[0] === 'router');
    const resident = async (): Promise<number> => Math.max(...(await settledResidentOf(router)).values()) / MEGABYTE;
    const empty = await resident();
    await this.governed(tokens.slice(0, CACHE_ENTRIES), CACHE_ENTRIES);
    const full = await resident();
    await this.governed(tokens.slice(CACHE_ENTRIES), tokens.length - CACHE_ENTRIES);
    const after = await resident();
    this.say(
      `router ${empty.toFixed(1)} MB, cache full ${full.toFixed(1)} MB, after ${tokens.length} keys ${after.toFixed(1)} MB`,
    );
    return {
      router_mb: Math.round(empty),
      router_cache_full_mb: Math.round(full),
      router_grown_beyond_cache_mb: Math.max(0, Math.round(after - full)),
    };
  }

  /** Milliseconds from the answer of the revocation until the router refuses the key. */
  async revoke({ id, text }: StoredToken): Promise<number> {
    const answer = await this.stack.api(`/api/v1/tokens/${id}/revoke`, { method: 'POST' });
    if (answer.status !== 200) throw new Error(`not revoked: ${answer.status}`);
    const since = performance.now();
    for (;;) {
      const response = await fetch(`${this.stack.url}/v1/models`, { headers: { authorization: `Bearer ${text}` } });
      await response.arrayBuffer();
      const ms = performance.now() - since;
      if (response.status === 401) return Math.round(ms);
      if (ms > 10_000) throw new Error(`still ${response.status} after ${ms} ms`);
    }
  }

  private async reference(): Promise<number> {
    const job = { ...this.jobOf(this.relay.port, REQUESTS), body: BODY.replace('sim/', '') };
    const { spent } = await spentBy({ relay: this.relay.pid }, () => this.generator.run(job));
    return (spent['relay'] ?? 0) / REQUESTS;
  }

  /** Microseconds per call, by part. */
  private async governed(tokens: readonly StoredToken[], requests: number): Promise<Spent> {
    const job = { ...this.jobOf(Number(new URL(this.stack.url).port), requests), bearers: tokens.map(({ text }) => text) };
    const { result, spent } = await spentOn(this.stack, this.postmaster, () => this.generator.run(job));
    const good = result.statuses['200'] ?? 0;
    this.calls += requests;
    this.failed += requests - good;
    if (good !== requests) this.say(`not all were served: ${JSON.stringify(result.statuses)}`);
    const each = (part: keyof Spent): number => spent[part] / requests;
    return { router: each('router'), auth: each('auth'), postgres: each('postgres'), rest: each('rest') };
  }

  private jobOf(port: number, requests: number): LoadJob {
    return { port, path: '/v1/chat/completions', headers: {}, body: BODY, requests, concurrency: CONCURRENCY, restMs: 0 };
  }
}

const total = ({ router, auth, postgres, rest }: Spent): number => router + auth + postgres + rest;
