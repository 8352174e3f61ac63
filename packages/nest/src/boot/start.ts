import { newId } from '@tollgate/kernel';
import { METRIC_NAMES } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import { type MetricsServer, startMetricsServer } from '../http/metrics-server.js';
import type { AnyServiceDefinition } from '../service-definition.js';
import type { BootOverrides, ServicesHandle } from './boot-overrides.js';
import { type Closer, closeAll } from './close-all.js';
import { createApplication } from './create-application.js';
import { listenFailure } from './describe-boot-failure.js';
import type { Basics } from './make-basics.js';
import type { OpenDataSource } from './open-databases.js';
import { openFront } from './open-front.js';
import { openTransport } from './open-transport.js';
import type { Configuration } from './read-configuration.js';
import { releaseBootMemory } from './release-boot-memory.js';

/** From configuration to open doors. What has been opened is in `closers`, in order, whether it succeeds or not. */
export async function start(
  definitions: readonly AnyServiceDefinition[],
  configuration: Configuration,
  basics: Basics,
  overrides: BootOverrides,
  closers: Closer[],
): Promise<ServicesHandle> {
  const { common } = configuration;
  const { clock, randomBytes, logger, metrics, readiness } = basics;
  const newRequestId = (): string => newId('req', clock.now(), randomBytes);
  const names = definitions.map((definition) => definition.name);
  let booted = false;
  readiness.register('boot', () => ({ ready: booted, detail: booted ? 'done' : 'under way' }));

  const version = { version: basics.version, services: names, node: process.versions.node };
  const plane = definitions.find((definition) => definition.dataPlane !== undefined);
  const { front, origin } = await openFront({
    common,
    tls: configuration.tls,
    takesSecrets: plane !== undefined || configuration.peppers !== null,
    health: { readiness, version },
    clock,
    logger,
    newRequestId,
    closers,
  });
  metrics.gauge(METRIC_NAMES.connectionsOpen, 'Connections open at the main port', () => front.connections());
  const metricsServer = await listenForMetrics(configuration, basics);
  if (metricsServer !== null) closers.push({ name: 'metrics', close: () => metricsServer.close() });

  const [transport, dataSources] = await bothOrNone(overrides, (linked) => [
    openProcessTransport(definitions, configuration, basics, linked, closers),
    openServiceDatabases(definitions, configuration, basics, linked, closers),
  ]);
  overrides.signal?.throwIfAborted();
  if (dataSources.size > 0) {
    const { watchDatabases } = await import('./watch-database.js');
    const watch = watchDatabases(dataSources, readiness, plane === undefined);
    closers.push({ name: 'database watch', close: async () => watch.stop() });
  }
  if (transport.kind !== 'in-process') {
    const detail = (): string => (transport.connected ? 'reached' : 'out of reach');
    // A process that holds router and adapters goes on without the bus.
    const required = transport.kind === 'nats';
    readiness.register('nats', () => ({ ready: transport.connected, detail: detail() }), { required });
    metrics.gauge(METRIC_NAMES.busConnected, '1 while the message bus is reached', () => (transport.connected ? 1 : 0));
  }

  const application = await createApplication({
    definitions,
    configuration,
    front,
    newRequestId,
    io: {
      ...basics,
      transport,
      dataSources,
      publicUrl: (common.publicUrl ?? origin).replace(/\/+$/, ''),
      drainGraceMs: overrides.transport === undefined ? common.drainGraceMs : null,
    },
  });
  closers.push({ name: 'services', close: () => application.close() });
  overrides.signal?.throwIfAborted();
  if (overrides.ownsProcess === true) releaseBootMemory();
  front.openDoors(plane?.dataPlane?.(application) ?? null);
  booted = true;
  logger.info(
    { url: origin, metrics: metricsServer?.url ?? null, services: names, transport: transport.kind },
    'services are up',
  );

  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    readiness.beginDrain();
    logger.info({ graceMs: common.drainGraceMs }, 'draining');
    const cut = await front.drain(common.drainGraceMs);
    if (cut > 0) logger.warn({ connections: cut }, 'connections were cut at the end of the grace');
    await closeAll(closers, logger);
    logger.info({}, 'stopped');
  };
  return {
    url: origin,
    metricsUrl: metricsServer?.url ?? null,
    context: application,
    readiness,
    logger,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** Where one fails the other is given up, and awaited: nothing is opened behind the back of a start that has failed already. */
async function bothOrNone<A, B>(
  overrides: BootOverrides,
  open: (linked: BootOverrides) => readonly [Promise<A>, Promise<B>],
): Promise<readonly [A, B]> {
  const failed = new AbortController();
  const signal = overrides.signal === undefined ? failed.signal : AbortSignal.any([overrides.signal, failed.signal]);
  const both = open({ ...overrides, signal });
  try {
    return await Promise.all(both);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(both);
    throw error;
  }
}

async function listenForMetrics({ common }: Configuration, { metrics, logger }: Basics): Promise<MetricsServer | null> {
  const { host, metricsPort } = common;
  if (metricsPort === 'off') return null;
  try {
    return await startMetricsServer({ metrics, logger, host, port: metricsPort });
  } catch (error) {
    throw listenFailure(error, host, metricsPort ?? 0, 'TOLLGATE_METRICS_PORT');
  }
}

async function openProcessTransport(
  definitions: readonly AnyServiceDefinition[],
  { common }: Configuration,
  { clock, randomBytes, logger }: Basics,
  overrides: BootOverrides,
  closers: Closer[],
): Promise<Transport> {
  if (overrides.transport !== undefined) return overrides.transport;
  const services = definitions.map((definition) => definition.name);
  const transport = await openTransport({
    services,
    natsServers: common.natsServers,
    natsCaFile: common.natsCaFile,
    natsCredsFile: common.natsCredsFile,
    largeBodiesBytesMax: common.largeBodiesBytesMax,
    clock,
    randomBytes,
    logger,
    ...(overrides.signal && { signal: overrides.signal }),
  });
  // The services drain it first; this is for a start that failed half-way.
  closers.push({ name: 'transport', close: () => transport.drain(0) });
  return transport;
}

/** Opens what the services store in; empty where none stores anything. */
export async function openServiceDatabases(
  definitions: readonly AnyServiceDefinition[],
  { common }: Configuration,
  { clock, logger }: Basics,
  overrides: BootOverrides,
  closers: Closer[],
): Promise<ReadonlyMap<AnyServiceDefinition['name'], OpenDataSource>> {
  if (definitions.every(({ database }) => database === null)) return new Map();
  const url = common.databaseUrl ?? (await overrides.provideDatabase?.());
  if (url === undefined) return new Map();
  // Loaded only where something is stored: TypeORM and the driver are 3 MB of source that others need not keep.
  const { openDatabases } = await import('./open-databases.js');
  const dataSources = await openDatabases(definitions, {
    url,
    poolSize: common.databasePool,
    migrate: common.migrate === 'unset' ? overrides.migrate === true : common.migrate !== 'false',
    waitMs: common.databaseWaitMs ?? overrides.databaseWaitMs ?? Number.POSITIVE_INFINITY,
    logger,
    clock,
    ...(overrides.onWaiting && { onWaiting: overrides.onWaiting }),
    ...(overrides.signal && { signal: overrides.signal }),
  });
  closers.push({
    name: 'databases',
    close: () => Promise.all([...dataSources.values()].map((dataSource) => dataSource.destroy())),
  });
  return dataSources;
}
