import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, LOGGER } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import { systemAct } from '../changes/act.js';
import { type Change, Changes } from '../changes/changes.js';
import { TokenEntity } from '../database/entities.js';
import { announceFamily } from './take-action.js';

const PERIOD_MS = 5_000;

interface DueRow {
  readonly token_id: string;
  readonly incident_id: string;
  readonly organisation_id: string;
}

/** Ends the slowing of keys whose time is over. Every replica sweeps; a row that is gone is no longer there to be ended twice. */
@Injectable()
export class SlowDownSweeper implements OnApplicationBootstrap, OnModuleDestroy {
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
      const due: DueRow[] = await this.changes.read((manager) =>
        manager.query('SELECT token_id, incident_id, organisation_id FROM auth.slow_downs WHERE until <= $1 LIMIT 100', [now]),
      );
      for (const row of due) {
        await this.changes.run(systemAct(row.organisation_id, 'watching'), (change) => endSlowDown(change, row));
      }
    } catch (error) {
      this.logger.warn({ error }, 'slowed keys could not be looked for');
    }
  }
}

async function endSlowDown(change: Change, { token_id, incident_id }: DueRow): Promise<void> {
  const { manager, now } = change;
  // As everywhere: the incident first, then its key.
  await manager.query('SELECT 1 FROM auth.incidents WHERE id = $1 FOR UPDATE', [incident_id]);
  const [gone]: [unknown[], number] = await manager.query(
    'DELETE FROM auth.slow_downs WHERE token_id = $1 AND until <= $2 RETURNING 1',
    [token_id, new Date(now)],
  );
  if (gone.length === 0) return;
  await manager.query(
    `UPDATE auth.incidents SET action_state = 'ended', updated_at = $2, revision = revision + 1
     WHERE id = $1 AND action = 'slow_down' AND action_state = 'in_force'`,
    [incident_id, new Date(now)],
  );
  const token = await manager.findOneByOrFail(TokenEntity, { id: token_id });
  change.audit({
    action: 'incident.action_ended',
    target: { type: 'incident', id: incident_id, name: null },
    before: { action: 'slow_down', state: 'in_force' },
    after: { state: 'ended', tokenId: token_id },
  });
  await announceFamily(change, token);
}
