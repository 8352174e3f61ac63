import { type CatalogChanged, SUBJECTS } from '@tollgate/contracts';
import { encodeJson } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import type { CatalogStore } from '../store/catalog-store.js';

export const HEARTBEAT_MS = 2_000;
/** Half of the bus's usual payload limit; a reader refetches where the change itself is not sent. */
const DELTA_BYTES_MAX = 512 * 1024;
const NOTHING: CatalogChanged['routing'] = { deployments: [], routes: [], removedDeployments: [], removedRoutes: [] };

/**
 * Tells the readers what has changed. Whoever commits publishes at once; every replica also looks at the table with each
 * heartbeat, so that a change is told even if the one who made it died before it could. Readers ignore what they have.
 */
export class CatalogFeed {
  private published: { readonly epoch: string; readonly revision: number } | null = null;
  private timer: NodeJS.Timeout | null = null;
  private beating = false;

  constructor(
    private readonly transport: Transport,
    private readonly logger: Logger,
  ) {}

  publish(change: CatalogChanged): void {
    this.published = { epoch: change.epoch, revision: change.to };
    let body = encodeJson(change);
    if (body.length > DELTA_BYTES_MAX) body = encodeJson({ ...change, routing: null } satisfies CatalogChanged);
    try {
      this.transport.publish(SUBJECTS.catalogChanged, body);
    } catch (error) {
      // The bus is away: readers see by the next heartbeat that they are behind.
      this.logger.warn({ revision: change.to, error }, 'a catalogue change could not be published');
    }
  }

  start(store: CatalogStore): void {
    this.timer = setInterval(() => void this.beat(store), HEARTBEAT_MS);
    this.timer.unref();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** One heartbeat, after what others have committed meanwhile. Silent while Postgres is away: nothing is known then. */
  async beat(store: CatalogStore): Promise<void> {
    if (this.beating) return;
    this.beating = true;
    try {
      const { epoch, revision } = await store.state();
      const { published } = this;
      if (published?.epoch === epoch && published.revision < revision) {
        for (const change of await store.changesAfter(published.revision)) this.publish(change);
      }
      this.publish({ v: 1, epoch, from: revision, to: revision, routing: NOTHING });
    } catch (error) {
      this.logger.warn({ error }, 'no heartbeat of the catalogue: its revision cannot be read');
    } finally {
      this.beating = false;
    }
  }
}
