import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, LOGGER } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import type { EntityManager } from 'typeorm';
import { systemAct } from '../changes/act.js';
import { type Change, Changes } from '../changes/changes.js';

const PERIOD_MS = 60_000;
const BATCH = 100;

interface IdleRow {
  readonly id: string;
  readonly public_id: string;
  readonly name: string;
}

const IS_IDLE = `token.idle_expires_at <= $1 AND token.status <> 'revoked' AND (token.expires_at IS NULL OR token.expires_at > $1)`;

/**
 * Lets keys expire that were not used for as long as they say. Whoever may change them can bring them back with a later
 * `expires_at`. Every replica sweeps; a row that one of them holds is left out by the others.
 */
@Injectable()
export class IdleSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null;

  constructor(
    @Inject(Changes) private readonly changes: Changes,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.run(), PERIOD_MS).unref();
  }

  onModuleDestroy(): void {
    if (this.timer !== null) clearInterval(this.timer);
  }

  async run(): Promise<void> {
    try {
      const now = new Date(this.clock.now());
      const organisations = await this.changes.read((manager) => organisationsWithIdle(manager, now));
      for (const id of organisations) {
        while ((await this.changes.run(systemAct(id, 'idle-expiry'), (change) => expireIdle(change, now))) === BATCH);
      }
    } catch (error) {
      this.logger.warn({ error }, 'unused tokens could not be ended');
    }
  }
}

async function organisationsWithIdle(manager: EntityManager, now: Date): Promise<readonly string[]> {
  const rows: { organisation_id: string }[] = await manager.query(
    `SELECT DISTINCT token.organisation_id FROM auth.tokens AS token WHERE ${IS_IDLE}`,
    [now],
  );
  return rows.map(({ organisation_id }) => organisation_id);
}

async function expireIdle(change: Change, now: Date): Promise<number> {
  const rows: IdleRow[] = await change.manager.query(
    `SELECT token.id, token.public_id, token.name FROM auth.tokens AS token
     WHERE ${IS_IDLE} AND token.organisation_id = $2 ORDER BY token.id LIMIT ${BATCH} FOR UPDATE OF token SKIP LOCKED`,
    [now, change.act.organisationId],
  );
  await change.manager.query(
    'UPDATE auth.tokens SET expires_at = $1, updated_at = $1, revision = revision + 1 WHERE id = ANY ($2::text[])',
    [now, rows.map(({ id }) => id)],
  );
  for (const { id, public_id, name } of rows) {
    const after = { status: 'expired', reason: 'idle', expiresAt: now.toISOString() };
    change.audit({ action: 'token.expired', target: { type: 'token', id, name }, before: { status: 'active' }, after });
    change.announce(public_id, 'changed');
  }
  return rows.length;
}
