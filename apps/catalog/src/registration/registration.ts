import { AdapterHelloSchema, SUBJECTS } from '@tollgate/contracts';
import { type Clock, decodeJson, EMPTY_BYTES } from '@tollgate/kernel';
import type { SealingKey } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import type { Subscription, Transport } from '@tollgate/transport';
import type { CatalogStore } from '../store/catalog-store.js';
import { KnownAdapters } from './known-adapters.js';
import { registerDemo } from './register-demo.js';
import { registerEnvironment } from './register-environment.js';
import { storeSealingKey } from './sealing-key.js';

const DESCRIBE_TIMEOUT_MS = 2_000;
const TICK_MS = 1_000;
/** Prices that begin on a day or hold for hours of the day are looked at again so often. */
const REFRESH_MS = 3_600_000;
const SETTLE_MS = 30_000;

export interface RegistrationSettings {
  readonly store: CatalogStore;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Another key than before (or the first one) has been heard. */
  onSealingKey(key: SealingKey): Promise<void>;
  /** The adapters' providers have been registered, or registered anew. */
  onRegistered(): Promise<void>;
}

/** Keeps the catalogue in step with what the adapters say of themselves. */
export class Registration {
  /** What the adapters offer has been in the catalogue since this start, so that their models can be called. */
  registered = false;
  private readonly adapters: KnownAdapters;
  private readonly settings: RegistrationSettings;
  private subscription: Subscription | null = null;
  private timer: NodeJS.Timeout | null = null;
  private applied = '';
  private appliedAt = 0;
  private sealingKeyId = '';
  private working: Promise<void> = Promise.resolve();

  constructor(settings: RegistrationSettings) {
    this.settings = settings;
    // On the bus there may be further adapters that have not spoken yet; inside one process there is one.
    this.adapters = new KnownAdapters(settings.clock, settings.transport.kind === 'in-process' ? 0 : SETTLE_MS);
  }

  async start(): Promise<void> {
    const { store, transport, logger } = this.settings;
    await store.write(registerDemo);
    this.subscription = transport.subscribe(SUBJECTS.adapterHello, (message) => this.hear(message.body));
    this.timer = setInterval(() => void this.tick().catch((error) => logger.error({ error }, 'registration failed')), TICK_MS);
    this.timer.unref();
    void this.tick().catch((error) => logger.error({ error }, 'registration failed'));
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.subscription?.drain();
    await this.working;
  }

  /** Resolves when what has been heard so far is in the catalogue. */
  async settled(): Promise<void> {
    await this.working;
  }

  private hear(body: Uint8Array): void {
    const { logger } = this.settings;
    try {
      const hello = AdapterHelloSchema.parse(decodeJson(body));
      const key = this.adapters.hear(hello);
      if (key === null) logger.warn({ instance: hello.instance }, 'an adapter presents a sealing key that is none');
      this.enqueue(key);
    } catch (error) {
      logger.warn({ error }, 'an adapter said hello in a way that is not understood');
    }
  }

  private async tick(): Promise<void> {
    if (this.adapters.environment() !== null) return this.enqueue(null);
    const { transport } = this.settings;
    const answer = await transport
      .request(SUBJECTS.adapterDescribe, EMPTY_BYTES, { timeoutMs: DESCRIBE_TIMEOUT_MS })
      // No adapter is running yet; the next tick asks again.
      .catch(() => null);
    if (answer !== null) this.hear(answer);
  }

  /** One after the other, and each failure is tried again by the next tick. */
  private enqueue(key: SealingKey | null): void {
    this.working = this.working
      .then(() => this.apply(key))
      .catch((error: unknown) => this.settings.logger.error({ error }, 'what the adapters offer could not be stored'));
  }

  private async apply(key: SealingKey | null): Promise<void> {
    const { store, clock, logger } = this.settings;
    if (key !== null && key.id !== this.sealingKeyId) {
      await storeSealingKey(store.query, key);
      this.sealingKeyId = key.id;
      await this.settings.onSealingKey(key);
    }
    const environment = this.adapters.environment();
    if (environment === null) return;
    const text = JSON.stringify(environment);
    const now = clock.monotonic();
    if (text === this.applied && now - this.appliedAt < REFRESH_MS) return;
    await store.write((session) => registerEnvironment(session, environment.found, environment.complete));
    if (text !== this.applied) {
      logger.info({ providers: environment.found.map(({ provider }) => provider) }, 'providers of the adapters registered');
    }
    this.applied = text;
    this.appliedAt = now;
    await this.settings.onRegistered();
    this.registered = true;
  }

  /** Registers anew at the next tick: the file may have given up a provider. */
  forget(): void {
    this.applied = '';
  }
}
