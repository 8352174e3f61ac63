import type { Clock } from '@tollgate/kernel';
import type { Logger, Tracer } from '@tollgate/telemetry';
import type { UpstreamPools } from '../upstream/pools.js';
import type { CallMetrics } from './call-metrics.js';
import type { CallSweep } from './call-sweep.js';
import type { UsageReporter } from './report-usage.js';

/** What every call uses; made once per process. */
export interface CallParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tracer: Tracer;
  readonly pools: UpstreamPools;
  readonly sweep: CallSweep;
  readonly metrics: CallMetrics;
  readonly reporter: UsageReporter;
  /** Tells upstreams our trace; off unless configured, since ids of ours are nobody else's business. */
  readonly tracesUpstream: boolean;
}
