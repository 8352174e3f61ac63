import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import type { Clock, RandomBytes } from '@tollgate/kernel';
import { CLOCK, dataSourceToken, LOGGER, RANDOM_BYTES, READINESS, type Readiness, TRANSPORT } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import type { Subscription, Transport } from '@tollgate/transport';
import type { DataSource } from 'typeorm';
import { AuditRelay } from './audit/audit-relay.js';
import type { CatalogConfig } from './config.js';
import { ConfigFile } from './config-file/config-file.js';
import { CatalogFeed } from './feed/catalog-feed.js';
import { serveSnapshot } from './feed/serve-snapshot.js';
import { PriceTurns } from './prices/price-turns.js';
import { preferTablesOf } from './prices/vendor-table.js';
import { KeyWatch } from './registration/key-watch.js';
import { Registration } from './registration/registration.js';
import { CatalogStore } from './store/catalog-store.js';
import { CATALOG_CONFIG } from './tokens.js';

/** The service's parts, put together; its life follows the application's. */
@Injectable()
export class Catalog implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly store: CatalogStore;
  readonly configFile: ConfigFile | null;
  readonly registration: Registration;
  readonly keyWatch: KeyWatch;
  private readonly feed: CatalogFeed;
  private readonly auditRelay: AuditRelay;
  private readonly priceTurns: PriceTurns;
  private snapshots: Subscription | null = null;

  constructor(
    @Inject(dataSourceToken('catalog')) dataSource: DataSource,
    @Inject(TRANSPORT) private readonly transport: Transport,
    @Inject(CLOCK) clock: Clock,
    @Inject(RANDOM_BYTES) randomBytes: RandomBytes,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(READINESS) readiness: Readiness,
    @Inject(CATALOG_CONFIG) config: CatalogConfig,
  ) {
    preferTablesOf(config.pricesFolder);
    this.feed = new CatalogFeed(transport, logger);
    this.store = new CatalogStore({ dataSource, clock, randomBytes, onChange: (change) => this.feed.publish(change) });
    this.auditRelay = new AuditRelay({ transport, logger, query: () => this.store.query });
    this.priceTurns = new PriceTurns({ store: this.store, clock, logger });
    this.keyWatch = new KeyWatch({ store: this.store, transport, clock, logger });
    this.registration = new Registration({
      store: this.store,
      transport,
      clock,
      logger,
      onSealingKey: async () => this.configFile?.keyArrived(),
      onRegistered: async () => this.configFile?.providersChanged(),
    });
    this.configFile =
      config.configPath === null
        ? null
        : new ConfigFile({
            path: config.configPath,
            store: this.store,
            logger,
            variables: process.env,
            onApplied: () => this.registration.forget(),
          });
    const { configFile, registration } = this;
    readiness.register(
      'adapters',
      () => ({
        ready: registration.registered,
        detail: registration.registered ? 'registered' : 'what they offer is not known yet',
      }),
      // On the bus the catalogue serves without any; inside one process its first caller may ask for what they offer.
      { required: transport.kind === 'in-process' },
    );
    if (configFile !== null) readiness.register('config-file', () => configFile.state(), { required: false });
  }

  /** Before the doors open: a broken file ends the start here. */
  async onModuleInit(): Promise<void> {
    if (this.configFile === null) await ConfigFile.forget(this.store);
    await this.registration.start();
    await this.configFile?.start();
  }

  onApplicationBootstrap(): void {
    this.snapshots = serveSnapshot(this.transport, this.store, this.logger);
    this.feed.start(this.store);
    this.auditRelay.start();
    this.priceTurns.start();
    this.keyWatch.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.feed.stop();
    this.keyWatch.stop();
    this.configFile?.stop();
    await Promise.all([this.registration.stop(), this.auditRelay.stop(), this.priceTurns.stop(), this.snapshots?.drain()]);
  }
}
