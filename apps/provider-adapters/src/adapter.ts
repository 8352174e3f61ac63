import { type AdapterHello, type CredentialTestReply, type CredentialTestRequest, SUBJECTS } from '@tollgate/contracts';
import type { Clock } from '@tollgate/kernel';
import type { Logger, Metrics, Tracer } from '@tollgate/telemetry';
import type { ServerStream, Subscription, Transport } from '@tollgate/transport';
import type { AdapterConfig } from './config.js';
import { CredentialOpener } from './credentials/open-credential.js';
import { readableVariables } from './credentials/readable-variables.js';
import { testCredential } from './credentials/test-credential.js';
import { CallMetrics } from './dispatch/call-metrics.js';
import { CallSweep } from './dispatch/call-sweep.js';
import { UsageReporter } from './dispatch/report-usage.js';
import { CallServer } from './dispatch/serve-calls.js';
import { sayHello } from './hello/say-hello.js';
import { SnapshotKeeper } from './snapshot/snapshot-keeper.js';
import { UpstreamPools } from './upstream/pools.js';

const QUEUE = 'provider-adapters';
const CONNECT_MS_MAX = 60_000;

export interface AdapterIo {
  readonly transport: Transport;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly clock: Clock;
}

/** The running adapter: its parts put together by hand, once, so that a call meets no container. */
export class Adapter {
  readonly keeper: SnapshotKeeper;
  private readonly pools: UpstreamPools;
  private readonly opener: CredentialOpener;
  private readonly reporter: UsageReporter;
  private readonly server: CallServer;
  private serving: Subscription | null = null;
  private stopHello: (() => void) | null = null;

  constructor(
    private readonly io: AdapterIo,
    config: AdapterConfig,
    private readonly hello: AdapterHello,
  ) {
    const { transport, logger, metrics, tracer, clock } = io;
    const { connectionsMax, keepAliveMs, privateNetworks, callsMax, tracesUpstream } = config;
    const sweep = new CallSweep(clock);
    this.pools = new UpstreamPools({ connectionsMax, keepAliveMs, privateNetworks, connectMsMax: CONNECT_MS_MAX });
    this.reporter = new UsageReporter(transport, logger);
    this.opener = new CredentialOpener({
      sealingKey: config.sealingKey,
      sealingKeyId: hello.sealingKey.id,
      environment: readableVariables(config.providerVariables, process.env),
    });
    this.keeper = new SnapshotKeeper({
      transport,
      logger,
      opener: this.opener,
      onView: (view) => this.pools.keepOnly(view.origins()),
    });
    const parts = {
      clock,
      logger,
      tracer,
      pools: this.pools,
      sweep,
      reporter: this.reporter,
      tracesUpstream,
      metrics: new CallMetrics(metrics, () => sweep.size),
    };
    this.server = new CallServer(parts, this.keeper, { callsMax });
  }

  /** Says hello first: the catalogue needs our key before it can seal anything. Takes calls even before the catalogue has come. */
  async start(): Promise<void> {
    this.stopHello = sayHello(this.io.transport, this.hello);
    this.serving = this.io.transport.serveStream(SUBJECTS.upstreamCall, QUEUE, (stream) => this.handle(stream));
    await this.keeper.start();
  }

  handle(stream: ServerStream): void {
    this.server.handle(stream);
  }

  /** Not of the path of calls: asked for when a key is saved, or by hand. */
  async testCredential(request: CredentialTestRequest): Promise<CredentialTestReply> {
    try {
      return await testCredential(request, this.opener, this.pools);
    } finally {
      // It may never come into the catalogue: nobody else would close what was opened to it.
      const { view } = this.keeper;
      if (view !== null) this.pools.keepOnly(view.origins());
    }
  }

  /** The same for a deployment of the catalogue, with its provider's own free call. */
  async probe(deploymentId: string): Promise<CredentialTestReply> {
    const parts = this.keeper.view?.parts(deploymentId) ?? null;
    const check = parts?.provider.check;
    if (parts === null || check === undefined) return { outcome: 'unknown', detail: 'There is no free call for it.' };
    return this.testCredential({ v: 1, provider: parts.provider, credential: parts.credential, check });
  }

  /** Takes no more calls; resolves when those under way have ended. */
  async drain(): Promise<void> {
    this.stopHello?.();
    await this.serving?.drain();
  }

  async stop(): Promise<void> {
    this.stopHello?.();
    this.reporter.stop();
    await this.keeper.stop();
    await this.pools.close();
  }
}
