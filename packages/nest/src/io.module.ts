import { type BeforeApplicationShutdown, type DynamicModule, Global, Inject, Module, type Provider } from '@nestjs/common';
import type { Service } from '@tollgate/contracts';
import type { Clock, RandomBytes } from '@tollgate/kernel';
import type { Logger, Metrics, Tracer } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import type { Readiness } from './readiness.js';
import { dataSourceToken } from './service-definition.js';
import { CLOCK, LOGGER, METRICS, PUBLIC_URL, RANDOM_BYTES, READINESS, TRACER, TRANSPORT } from './tokens.js';

/** What every service is given, made once per process. */
export interface ServiceIo {
  readonly transport: Transport;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly readiness: Readiness;
  /** TypeORM DataSources of the services in this process that store something. */
  readonly dataSources: ReadonlyMap<Service, unknown>;
  /** Where callers reach this gateway, without a trailing slash. */
  readonly publicUrl: string;
  /** How long streams may take to finish at the end, milliseconds; null where the transport is not ours to drain. */
  readonly drainGraceMs: number | null;
}

const DRAIN_GRACE = Symbol('DrainGrace');

/** Provides the tokens of `tokens.ts` and each service's DataSource to the whole process. */
@Global()
@Module({})
export class IoModule implements BeforeApplicationShutdown {
  constructor(
    @Inject(TRANSPORT) private readonly transport: Transport,
    @Inject(DRAIN_GRACE) private readonly drainGraceMs: number | null,
  ) {}

  static forRoot(io: ServiceIo): DynamicModule {
    const providers: Provider[] = [
      { provide: TRANSPORT, useValue: io.transport },
      { provide: LOGGER, useValue: io.logger },
      { provide: METRICS, useValue: io.metrics },
      { provide: TRACER, useValue: io.tracer },
      { provide: CLOCK, useValue: io.clock },
      { provide: RANDOM_BYTES, useValue: io.randomBytes },
      { provide: READINESS, useValue: io.readiness },
      { provide: PUBLIC_URL, useValue: io.publicUrl },
      { provide: DRAIN_GRACE, useValue: io.drainGraceMs },
      ...[...io.dataSources].map(([service, dataSource]) => ({ provide: dataSourceToken(service), useValue: dataSource })),
    ];
    return {
      module: IoModule,
      global: true,
      providers,
      exports: providers.map((provider) => (provider as { provide: symbol }).provide),
    };
  }

  /**
   * After every service's `onModuleDestroy` (where they hand over what they owe, for instance the router its spool), before
   * any `onApplicationShutdown` (where they close what streams under way still need).
   */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.drainGraceMs !== null) await this.transport.drain(this.drainGraceMs);
  }
}
