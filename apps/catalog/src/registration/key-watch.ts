import type { Clock } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import { testCredential } from '../management/test-secret.js';
import { storedCredential, testableProvider } from '../management/testable-provider.js';
import type { CatalogStore } from '../store/catalog-store.js';

const TICK_MS = 5_000;
const DAY_MS = 86_400_000;
/** Where nobody could be asked. */
const AGAIN_MS = 60_000;

export interface KeyWatchParts {
  readonly store: CatalogStore;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Tries the keys in use that nobody has tried when they were saved, those of the environment and of the file, and each that was
 * ever tried again after a day, one after the other and by calls that cost nothing. What comes out stands in the lists; nothing is switched off by it.
 */
export class KeyWatch {
  private timer: NodeJS.Timeout | null = null;
  private busy = false;
  private stopped = false;

  constructor(private readonly parts: KeyWatchParts) {}

  start(): void {
    this.timer = setInterval(() => void this.look(), TICK_MS);
    this.timer.unref();
  }

  /** Does not wait for a provider that is being asked: what it says is then not noted. */
  stop(): void {
    this.stopped = true;
    if (this.timer !== null) clearInterval(this.timer);
  }

  /** Tries all that are due. */
  async look(): Promise<void> {
    if (this.busy || this.stopped) return;
    this.busy = true;
    try {
      while (!this.stopped && (await this.tryOne()));
    } catch (error) {
      if (!this.stopped) this.parts.logger.warn({ error }, 'a key could not be tried');
    } finally {
      this.busy = false;
    }
  }

  private async tryOne(): Promise<boolean> {
    const { store, transport, clock, logger } = this.parts;
    const now = new Date(clock.now());
    // Of several replicas one takes it.
    const [due] = await store.query<{ id: string; provider_id: string; name: string }>(
      `UPDATE catalog.credentials SET tested_at = $1 WHERE id = (
         SELECT c.id FROM catalog.credentials c JOIN catalog.providers p ON p.id = c.provider_id
          WHERE p.active AND p.credential_check IS NOT NULL AND c.source <> 'none' AND (p.credential_id = c.id OR c.pooled)
            AND (c.origin <> 'api' OR c.test IS NOT NULL)
            AND (c.tested_at IS NULL OR c.tested_at < $2) ORDER BY c.tested_at NULLS FIRST, c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED)
       RETURNING id, provider_id, name`,
      [now, new Date(now.getTime() - DAY_MS)],
    );
    if (due === undefined) return false;
    const provider = await testableProvider(store.query, due.provider_id);
    const credential = await storedCredential(store.query, due.id);
    if (provider === null || credential === null || this.stopped) return true;
    const test = await testCredential(transport, provider, credential);
    if (this.stopped) return false;
    const asked = test.reached !== undefined;
    const at = asked ? now : new Date(now.getTime() - DAY_MS + AGAIN_MS);
    await store.query('UPDATE catalog.credentials SET test = coalesce($2, test), tested_at = $3 WHERE id = $1', [
      due.id,
      asked ? JSON.stringify(test) : null,
      at,
    ]);
    const fields = { provider: provider.provider.name, credentialId: due.id, detail: test.detail };
    if (test.outcome === 'refused') logger.warn(fields, 'a provider refuses its key');
    else logger.debug({ ...fields, outcome: test.outcome }, 'a key was tried');
    return true;
  }
}
