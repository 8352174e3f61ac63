import type { Clock, RandomBytes } from '@tollgate/kernel';
import type { Sightings, TokenUses } from '@tollgate/nest';
import type { HealthBook, RetryBudget } from '@tollgate/policy';
import type { Counter, Histogram, Logger, Tracer } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import type { RouterConfig } from '../config.js';
import type { BudgetClient } from '../snapshot/budget-client.js';
import type { JwtStore } from '../snapshot/jwt-store.js';
import type { QuotaClient } from '../snapshot/quota-client.js';
import type { RoutingStore } from '../snapshot/routing-store.js';
import type { TokenStore } from '../snapshot/token-store.js';
import type { Spool } from '../spool/spool.js';

export interface GateMetrics {
  readonly calls: Counter<'endpoint' | 'outcome' | 'status'>;
  readonly duration: Histogram<'endpoint' | 'stream'>;
  readonly overhead: Histogram<'endpoint'>;
  readonly firstByte: Histogram<'endpoint'>;
  readonly refusals: Counter<'code'>;
  readonly lookups: Counter<'result'>;
  readonly unpriced: Counter<'provider'>;
}

/** All that a call needs beside the list of calls, made once at boot. */
export interface GateParts {
  readonly config: RouterConfig;
  readonly brand: string;
  readonly transport: Transport;
  readonly tokens: TokenStore;
  readonly jwts: JwtStore;
  readonly uses: TokenUses;
  readonly sightings: Sightings;
  readonly quota: QuotaClient;
  readonly budgets: BudgetClient;
  readonly routes: RoutingStore;
  /** What has been seen of the deployments. */
  readonly health: HealthBook;
  readonly retries: RetryBudget;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** Numbers in [0, 1) for draws and pauses. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly tracer: Tracer;
  readonly metrics: GateMetrics;
  /** The process is on its way out: answers close their connections. */
  draining(): boolean;
}
