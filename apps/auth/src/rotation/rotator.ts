import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, dataSourceToken, LOGGER } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import type { DataSource, EntityManager } from 'typeorm';
import { systemAct } from '../changes/act.js';
import { type Change, Changes } from '../changes/changes.js';
import type { Mint } from '../tokens/create-token.js';
import { MINT } from '../tokens/mint-token.js';
import { Deliveries } from './deliveries.js';
import type { Due } from './due.js';
import { graceEnds, sweepGraces } from './end-graces.js';
import { endLateRotation, lateRotations } from './end-late.js';
import { Leader } from './leader.js';
import { dueSchedules, startDue } from './start-due.js';

const PERIOD_MS = 500;

/**
 * Does what is due: starts scheduled rotations, delivers new secrets, ends those that nobody acknowledged, and writes down that
 * graces are over (the routers refuse by the deadline itself, without waiting for this). One replica leads; each step is a
 * transaction that looks again, so that a second leader finds nothing left to do.
 */
@Injectable()
export class Rotator implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly leader: Leader;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private closing = false;

  constructor(
    @Inject(dataSourceToken('auth')) dataSource: DataSource,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(MINT) private readonly mint: Mint,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { options } = dataSource;
    if (options.type !== 'postgres' || options.url === undefined) throw new TypeError('a DataSource of Postgres is needed');
    this.leader = new Leader(options.url);
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.tick(), PERIOD_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.closing = true;
    if (this.timer !== null) clearInterval(this.timer);
    await this.running;
    await this.deliveries.close();
    await this.leader.resign();
  }

  /** One round; while one is under way, that one. */
  tick(): Promise<void> {
    this.running ??= this.round().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async round(): Promise<void> {
    try {
      if (this.closing || !(await this.leader.leads())) return;
      await this.each(graceEnds, sweepGraces);
      await this.each(lateRotations, endLateRotation);
      await this.each(dueSchedules, (change, id) => startDue(change, this.mint, id));
      if (!this.closing) await this.deliveries.deliverDue();
    } catch (error) {
      this.logger.warn({ error }, 'rotations that are due could not be looked for');
    }
  }

  private async each(
    find: (manager: EntityManager, now: Date) => Promise<readonly Due[]>,
    work: (change: Change, id: string) => Promise<void>,
  ): Promise<void> {
    const due = await this.changes.read((manager) => find(manager, new Date(this.clock.now())));
    for (const { id, organisation_id } of due) {
      if (this.closing) return;
      try {
        await this.changes.run(systemAct(organisation_id, 'rotation'), (change) => work(change, id));
      } catch (error) {
        // One that cannot be done holds up no other.
        this.logger.error({ error, id }, 'a step of a rotation failed');
      }
    }
  }
}
