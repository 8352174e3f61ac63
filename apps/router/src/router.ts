import { type Clock, createRandom, newId, type RandomBytes } from '@tollgate/kernel';
import { type DataPlaneHandler, type Readiness, Sightings, TokenUses } from '@tollgate/nest';
import { DEFAULT_BRAND, HealthBook, RetryBudget } from '@tollgate/policy';
import { LATENCY_BUCKETS, type Logger, METRIC_NAMES, type Metrics, OVERHEAD_BUCKETS, type Tracer } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import type { RouterConfig } from './config.js';
import type { Gate } from './edge/call.js';
import { CallList } from './edge/call-list.js';
import { createDataPlane } from './edge/data-plane.js';
import type { GateMetrics } from './edge/gate.js';
import { poolRandom } from './edge/pool-random.js';
import { endCallsOf, endCallsOfJwt, recheckTokens, sweep } from './edge/sweep.js';
import { Prober } from './probes/prober.js';
import { BudgetClient } from './snapshot/budget-client.js';
import { DirectAuth } from './snapshot/direct-auth.js';
import { JwtStore } from './snapshot/jwt-store.js';
import { QuotaClient } from './snapshot/quota-client.js';
import { RoutingStore } from './snapshot/routing-store.js';
import { TokenStore } from './snapshot/token-store.js';
import { adoptFolders } from './spool/adopt-folders.js';
import { Charges, closeHolder } from './spool/charges.js';
import { Sender } from './spool/sender.js';
import { Spool } from './spool/spool.js';

const SWEEP_MS = 250;
const RECHECK_MS = 500;
const ADOPT_MS = 30_000;
const PROBE_MS = 1_000;
const CLOSE_MS_MAX = 10_000;
const CHARGES_MS_MAX = 3_000;

export interface RouterIo {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly readiness: Readiness;
}

/** The parts of a router, put together once; everything per call lives in edge/. */
export class Router {
  readonly handler: DataPlaneHandler;
  readonly gate: Gate;
  private readonly sender: Sender;
  private readonly charges: Charges;
  private readonly timers: NodeJS.Timeout[] = [];
  private adopting: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly io: RouterIo,
    config: RouterConfig,
  ) {
    const { transport, clock, randomBytes, logger, tracer, readiness } = io;
    this.sender = new Sender({ transport, randomBytes, logger, charge: (charges) => this.charges.book(charges) });
    const spool = new Spool({
      settings: { directory: config.spoolDirectory, maxBytes: config.spoolBytesMax, sync: config.spoolSync },
      sender: this.sender,
      clock,
      randomBytes,
      logger,
    });
    this.charges = new Charges({ transport, logger, folder: spool.folder });
    const jwts = new JwtStore({ transport, clock, logger, onDenied: (jti) => endCallsOfJwt(this.gate, jti) });
    const tokens = new TokenStore({
      transport,
      clock,
      logger,
      entriesMax: config.tokensMax,
      outageGraceMs: config.outageGraceMs,
      direct: config.authUrl === null ? null : new DirectAuth({ url: config.authUrl, peppers: config.peppers, clock }),
      onRevoked: (publicId) => endCallsOf(this.gate, publicId),
      others: jwts,
    });
    const health = new HealthBook();
    this.gate = {
      config,
      brand: config.brand ?? DEFAULT_BRAND,
      transport,
      tokens,
      jwts,
      uses: new TokenUses({ transport, clock, peppers: config.peppers }),
      sightings: new Sightings({ transport, clock, logger, peppers: config.peppers }),
      quota: new QuotaClient({ transport, clock, logger, holder: newId('router', clock.now(), randomBytes) }),
      budgets: new BudgetClient({ transport, clock, logger, holder: spool.instance, onFirst: () => this.charges.open() }),
      routes: new RoutingStore({ transport, logger, onIndex: ({ deployments }) => health.keepOnly(deployments) }),
      health,
      retries: new RetryBudget(() => clock.monotonic()),
      spool,
      calls: new CallList(),
      clock,
      randomBytes: poolRandom(randomBytes),
      random: createRandom(randomBytes),
      logger,
      tracer,
      metrics: instruments(io.metrics),
      draining: () => readiness.draining,
    };
    this.handler = createDataPlane(this.gate);
    this.timers.push(setInterval(() => sweep(this.gate), SWEEP_MS));
    this.timers.push(setInterval(() => recheckTokens(this.gate), RECHECK_MS));
    this.timers.push(setInterval(() => this.adopt(), ADOPT_MS));
    const prober = new Prober({ transport, health, clock, logger });
    this.timers.push(setInterval(() => prober.look(), PROBE_MS));
    for (const timer of this.timers) timer.unref();
    this.watch();
    this.adopt();
  }

  /** After the last answer: what is left goes to analytics, or stays on file for the next router. */
  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    this.gate.budgets.close();
    await this.gate.spool.close(CLOSE_MS_MAX, () => this.partFromBudgets());
    this.charges.close();
    this.sender.close();
    await this.adopting;
    await this.gate.uses.close();
    await this.gate.sightings.close();
    this.gate.tokens.close();
    this.gate.jwts.close();
    this.gate.quota.close();
    this.gate.routes.close();
  }

  /** What this router still has on loan goes back at once instead of when its folder is found. */
  private async partFromBudgets(): Promise<boolean> {
    if (!this.charges.used) return true;
    return (await this.charges.settle(CHARGES_MS_MAX)) && (await closeHolder(this.io.transport, this.gate.spool.instance));
  }

  private adopt(): void {
    const { logger, transport } = this.io;
    const { spool, config } = this.gate;
    const budgets = { transport, charges: this.charges };
    const parts = { spool, directory: config.spoolDirectory, sender: this.sender, logger, budgets };
    this.adopting = this.adopting.then(() =>
      adoptFolders(parts).catch((error: unknown) => logger.error({ error }, 'a spool folder could not be replayed')),
    );
  }

  private watch(): void {
    const { gate } = this;
    const { readiness, metrics } = this.io;
    readiness.register('routes', () => {
      const { index, settled } = gate.routes;
      return index === null
        ? { ready: false, detail: 'no snapshot of the catalogue has come yet' }
        : { ready: settled, detail: `revision ${index.revision}` };
    });
    readiness.register(
      'feed',
      () => ({
        ready: gate.tokens.feed.fresh,
        detail: gate.tokens.feed.fresh ? 'token changes arrive' : 'token changes do not arrive',
      }),
      // Known tokens go on without it.
      { required: false },
    );
    readiness.register('spool', () => ({
      ready: gate.spool.accepting,
      detail: gate.spool.full ? 'full' : gate.spool.writable ? `${gate.spool.pending} records wait` : 'cannot be written',
    }));
    metrics.gauge(METRIC_NAMES.callsOpen, 'Calls under way.', () => gate.calls.size);
    metrics.gauge(METRIC_NAMES.spoolRecords, 'Usage records that analytics has not stored.', () => gate.spool.pending);
    metrics.gauge(METRIC_NAMES.spoolBytes, 'Bytes of the spool.', () => gate.spool.bytesOnDisk);
    metrics.gauge(METRIC_NAMES.feedAge, 'Age of the last heartbeat of the token feed.', () => gate.tokens.feed.ageMs / 1000);
  }
}

function instruments(metrics: Metrics): GateMetrics {
  return {
    calls: metrics.counter(METRIC_NAMES.calls, 'Calls at the router.', ['endpoint', 'outcome', 'status']),
    duration: metrics.histogram(METRIC_NAMES.callDuration, 'Whole time of a call.', ['endpoint', 'stream'], LATENCY_BUCKETS),
    overhead: metrics.histogram(METRIC_NAMES.callOverhead, 'Time that the gateway added.', ['endpoint'], OVERHEAD_BUCKETS),
    firstByte: metrics.histogram(METRIC_NAMES.callFirstByte, 'Time to the first byte.', ['endpoint'], LATENCY_BUCKETS),
    refusals: metrics.counter(METRIC_NAMES.refusals, 'Refusals by policy.', ['code']),
    lookups: metrics.counter(METRIC_NAMES.tokenLookups, 'Look-ups of API tokens.', ['result']),
    unpriced: metrics.counter(METRIC_NAMES.unpricedCalls, 'Calls of models without a price.', ['provider']),
  };
}
