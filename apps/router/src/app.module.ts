import { type DynamicModule, Inject, Module, type OnModuleDestroy } from '@nestjs/common';
import type { Clock, RandomBytes } from '@tollgate/kernel';
import { CLOCK, LOGGER, METRICS, RANDOM_BYTES, READINESS, type Readiness, TRACER, TRANSPORT } from '@tollgate/nest';
import type { Logger, Metrics, Tracer } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import type { RouterConfig } from './config.js';
import { Router } from './router.js';
import { SimulateHandler } from './simulate.handler.js';
import { ROUTER } from './tokens.js';

/** Ties the router to the life of the process; the calls themselves never pass through Nest. */
@Module({})
export class RouterModule implements OnModuleDestroy {
  constructor(@Inject(ROUTER) private readonly router: Router) {}

  static forConfig(config: RouterConfig): DynamicModule {
    return {
      module: RouterModule,
      controllers: [SimulateHandler],
      providers: [
        {
          provide: ROUTER,
          inject: [TRANSPORT, CLOCK, RANDOM_BYTES, LOGGER, METRICS, TRACER, READINESS],
          useFactory: (
            transport: Transport,
            clock: Clock,
            randomBytes: RandomBytes,
            logger: Logger,
            metrics: Metrics,
            tracer: Tracer,
            readiness: Readiness,
          ) => new Router({ transport, clock, randomBytes, logger, metrics, tracer, readiness }, config),
        },
      ],
    };
  }

  async onModuleDestroy(): Promise<void> {
    await this.router.close();
  }
}
