import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { AdapterHello } from '@tollgate/contracts';
import { type Clock, newId, type RandomBytes } from '@tollgate/kernel';
import { CLOCK, LOGGER, METRICS, RANDOM_BYTES, READINESS, type Readiness, TRACER, TRANSPORT } from '@tollgate/nest';
import { sealingKeyPair } from '@tollgate/policy';
import { providersInEnvironment } from '@tollgate/providers';
import type { Logger, Metrics, Tracer } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import { Adapter } from './adapter.js';
import type { AdapterConfig } from './config.js';
import { TestCredentialController } from './credentials/test-credential.controller.js';
import { DescribeController } from './hello/describe.controller.js';
import { ADAPTER, ADAPTER_HELLO } from './tokens.js';

/** Makes the adapter and ties it to the life of the process. */
@Module({})
export class AdapterModule implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(ADAPTER) private readonly adapter: Adapter,
    @Inject(READINESS) private readonly readiness: Readiness,
  ) {}

  static forConfig(config: AdapterConfig): DynamicModule {
    return {
      module: AdapterModule,
      controllers: [DescribeController, TestCredentialController],
      providers: [
        {
          provide: ADAPTER_HELLO,
          inject: [CLOCK, RANDOM_BYTES],
          useFactory: (clock: Clock, randomBytes: RandomBytes): AdapterHello => ({
            v: 1,
            instance: newId('adp', clock.now(), randomBytes),
            sealingKey: sealingKeyPair(config.sealingKey),
            environmentProviders: providersInEnvironment(config.providerVariables),
          }),
        },
        {
          provide: ADAPTER,
          inject: [ADAPTER_HELLO, TRANSPORT, LOGGER, METRICS, TRACER, CLOCK],
          useFactory: (
            hello: AdapterHello,
            transport: Transport,
            logger: Logger,
            metrics: Metrics,
            tracer: Tracer,
            clock: Clock,
          ) => new Adapter({ transport, logger, metrics, tracer, clock }, config, hello),
        },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.readiness.register('upstreams', () => {
      const { view } = this.adapter.keeper;
      if (view === null) return { ready: false, detail: 'no snapshot of the catalogue has come yet' };
      return { ready: true, detail: `revision ${view.revision}` };
    });
    // Not awaited: the catalogue may start after us, or in this very process.
    void this.adapter.start();
  }

  /** Not awaited either: how long calls under way may take is the transport's drain to say. */
  beforeApplicationShutdown(): void {
    void this.adapter.drain();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.adapter.stop();
  }
}
