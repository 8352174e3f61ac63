import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { OAuthKey, OAuthKeys } from '@tollgate/contracts';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, dataSourceToken, LOGGER } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import type { DataSource, EntityManager } from 'typeorm';
import type { Act } from '../../changes/act.js';
import { appendFeed } from '../../changes/append-feed.js';
import { Changes } from '../../changes/changes.js';
import { FeedPublisher } from '../../feed/feed-publisher.js';
import { OAuthSecrets } from './oauth-secrets.js';
import { KEY_NOTICE_MS, planKeys, signingKey } from './plan-keys.js';
import { makeKey, readKeys, removeKeys, type StoredKey } from './signing-keys.js';

const LOOK_MS = 15_000;
const LOCK = 0x6f617574;

/**
 * The keys that access tokens are signed with. Every replica looks after them; one at a time makes a new one or removes an
 * old one, and says so on the feed.
 */
@Injectable()
export class KeyRing implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null;
  private keys: readonly StoredKey[] = [];
  private looking: Promise<void> | null = null;

  constructor(
    @Inject(dataSourceToken('auth')) private readonly dataSource: DataSource,
    @Inject(OAuthSecrets) private readonly secrets: OAuthSecrets,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(FeedPublisher) private readonly publisher: FeedPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => void this.lookAfter(), LOOK_MS).unref();
    await this.lookAfter();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.looking;
  }

  /** The one that signs first; null before the first look at Postgres. */
  async inOrder(): Promise<readonly StoredKey[] | null> {
    if (this.keys.length === 0) await this.lookAfter();
    const signing = signingKey(usable(this.keys), this.clock.now());
    return signing === null ? null : [signing, ...this.keys.filter((key) => key !== signing)];
  }

  view(keys: readonly StoredKey[] = this.keys): readonly OAuthKey[] {
    const signing = signingKey(usable(keys), this.clock.now());
    return keys.map((key) => ({
      kid: key.kid,
      state: key === signing ? 'signing' : key.activeFrom > this.clock.now() ? 'next' : 'retired',
      created_at: new Date(key.createdAt).toISOString(),
      active_from: new Date(key.activeFrom).toISOString(),
    }));
  }

  /** Makes a successor now; where one waits already, it is that one. */
  async rotate(act: Act): Promise<OAuthKeys> {
    const answer = await this.changes.make(act, async (change) => {
      const { manager, now } = change;
      await lock(manager);
      const keys = await readKeys(manager, this.secrets);
      if (keys.some(({ activeFrom }) => activeFrom > now)) return { data: this.view(keys) };
      const kid = await makeKey(manager, this.secrets, now, now + KEY_NOTICE_MS);
      change.audit({
        action: 'oauth_keys.rotated',
        target: { type: 'oauth_key', id: kid, name: null },
        before: null,
        after: { kid },
      });
      change.announce('', 'keys_changed');
      return { data: this.view(await readKeys(manager, this.secrets)) };
    });
    await this.lookAfter();
    return answer;
  }

  private lookAfter(): Promise<void> {
    this.looking ??= this.work().finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  private async work(): Promise<void> {
    try {
      const now = this.clock.now();
      const found = await readKeys(this.dataSource.manager, this.secrets);
      const { make, remove } = planKeys(usable(found), now);
      if (make === null && remove.length === 0) this.keys = found;
      else {
        this.keys = await this.dataSource.transaction((manager) => this.change(manager, now));
        this.publisher.publishSoon();
      }
    } catch (error) {
      this.logger.warn({ error }, 'the signing keys could not be looked after');
    }
  }

  /** Planned again under the lock: another replica may have been first. */
  private async change(manager: EntityManager, now: number): Promise<readonly StoredKey[]> {
    await lock(manager);
    const { make, remove } = planKeys(usable(await readKeys(manager, this.secrets)), now);
    if (make !== null) await makeKey(manager, this.secrets, now, make);
    if (remove.length > 0) await removeKeys(manager, remove);
    if (make !== null || remove.length > 0) await appendFeed(manager, [{ publicId: '', kind: 'keys_changed' }]);
    return readKeys(manager, this.secrets);
  }
}

/** A key that was sealed under a pepper that is gone cannot sign: a new one is made at once. */
const usable = (keys: readonly StoredKey[]): readonly StoredKey[] => keys.filter((key) => key.private !== null);

const lock = (manager: EntityManager): Promise<unknown> =>
  manager.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [LOCK, 'auth.oauth-keys']);
