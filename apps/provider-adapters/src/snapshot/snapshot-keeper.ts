import { CatalogChangedSchema, SUBJECTS } from '@tollgate/contracts';
import { decodeJson } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { Subscription, Transport } from '@tollgate/transport';
import type { CredentialOpener } from '../credentials/open-credential.js';
import { fetchSnapshot } from './fetch-snapshot.js';
import { UpstreamsView } from './upstreams-view.js';

const FETCH_TIMEOUT_MS = 10_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5_000;

export interface SnapshotKeeperParts {
  readonly transport: Transport;
  readonly logger: Logger;
  readonly opener: CredentialOpener;
  /** Called with every new view. */
  readonly onView: (view: UpstreamsView) => void;
}

/**
 * Keeps the `upstreams` view fresh: the whole at boot (asked for until it comes) and again whenever the catalogue says
 * that there is another revision. While none can be had the old one serves.
 */
export class SnapshotKeeper {
  view: UpstreamsView | null = null;
  private fetching: Promise<void> | null = null;
  private subscription: Subscription | null = null;
  private retryTimer: NodeJS.Timeout | undefined;
  private retryMs = RETRY_MS_MIN;
  private stopped = false;

  constructor(private readonly parts: SnapshotKeeperParts) {}

  /** Resolves after the first attempt, whatever came of it. */
  async start(): Promise<void> {
    this.subscription = this.parts.transport.subscribe(SUBJECTS.catalogChanged, (message) => this.onChanged(message.body));
    await this.refetch().catch(() => this.retryLater());
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.retryTimer);
    await this.subscription?.drain();
  }

  /** Fetches the whole; those who ask while a fetch is under way share it. */
  refetch(): Promise<void> {
    this.fetching ??= this.fetch().finally(() => {
      this.fetching = null;
    });
    return this.fetching;
  }

  private async fetch(): Promise<void> {
    const { transport, logger, opener, onView } = this.parts;
    try {
      const view = new UpstreamsView(await fetchSnapshot(transport, FETCH_TIMEOUT_MS), opener);
      if (this.stopped) return;
      this.view = view;
      this.retryMs = RETRY_MS_MIN;
      logger.info(
        { epoch: view.epoch, revision: view.revision, deployments: view.deploymentCount },
        'took the snapshot of the catalogue',
      );
      onView(view);
    } catch (error) {
      logger.warn({ error }, 'could not fetch the snapshot of the catalogue');
      throw error;
    }
  }

  private onChanged(body: Uint8Array): void {
    const changed = readChanged(body);
    // A version that we do not know: keep what we have, and ask, since the answer may be of a version that we do.
    if (changed !== null && changed.epoch === this.view?.epoch && changed.to === this.view.revision) return;
    if (this.fetching !== null) {
      // The one under way may have been read before this change.
      this.retryLater();
      return;
    }
    this.refetch().catch(() => this.retryLater());
  }

  private retryLater(): void {
    if (this.stopped || this.retryTimer !== undefined) return;
    this.retryTimer = setTimeout(() => {
      this.retryTimer = undefined;
      this.refetch().catch(() => this.retryLater());
    }, this.retryMs);
    this.retryMs = Math.min(RETRY_MS_MAX, this.retryMs * 2);
  }
}

function readChanged(body: Uint8Array): { readonly epoch: string; readonly to: number } | null {
  try {
    return CatalogChangedSchema.parse(decodeJson(body));
  } catch {
    return null;
  }
}
