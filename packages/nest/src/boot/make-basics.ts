import { randomBytes as systemRandomBytes } from 'node:crypto';
import type { Clock, RandomBytes } from '@tollgate/kernel';
import {
  createLogger,
  createMetrics,
  createTracer,
  type Logger,
  METRIC_NAMES,
  type Metrics,
  registerProcessMetrics,
  type Tracer,
} from '@tollgate/telemetry';
import { createReadiness } from '../create-readiness.js';
import type { Readiness } from '../readiness.js';
import type { AnyServiceDefinition } from '../service-definition.js';
import type { BootOverrides } from './boot-overrides.js';
import type { Closer } from './close-all.js';
import { newInstanceId, versionOfBuild } from './process-identity.js';
import type { Configuration } from './read-configuration.js';
import { systemClock } from './system-clock.js';
import { tracingSettings } from './tracing-settings.js';

/** What needs nobody else to be there. */
export interface Basics {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly readiness: Readiness;
  readonly version: string;
}

export async function makeBasics(
  definitions: readonly AnyServiceDefinition[],
  { common }: Configuration,
  overrides: BootOverrides,
  closers: Closer[],
): Promise<Basics> {
  const clock = overrides.clock ?? systemClock;
  const randomBytes = overrides.randomBytes ?? systemRandomBytes;
  const names = definitions.map((definition) => definition.name);
  const serviceName = names.length === 1 ? `tollgate-${names[0]}` : 'tollgate';
  const logger =
    overrides.logger ??
    createLogger({ service: serviceName, level: common.logLevel, ...(overrides.logTo && { destination: overrides.logTo }) });
  const version = versionOfBuild(overrides.variables ?? process.env);
  const metrics = createMetrics();
  const processMetrics = registerProcessMetrics(metrics);
  closers.push({ name: 'process metrics', close: async () => processMetrics.stop() });
  metrics.gauge(METRIC_NAMES.buildInfo, `Version ${version} on Node ${process.versions.node}`, () => 1);
  const tracer = await createTracer({
    ...tracingSettings(common, { serviceName, version, instance: newInstanceId(clock.now(), randomBytes) }),
    randomBytes,
    onExportError: (error) => logger.warn({ error }, 'spans could not be exported'),
  });
  closers.push({ name: 'tracer', close: () => tracer.shutdown() });
  const readiness = createReadiness();
  metrics.gauge(METRIC_NAMES.ready, '1 while the process takes traffic', () => (readiness.report().ready ? 1 : 0));
  return { clock, randomBytes, logger, metrics, tracer, readiness, version };
}
