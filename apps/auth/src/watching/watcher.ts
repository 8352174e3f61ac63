import { Inject, Injectable } from '@nestjs/common';
import type { TokenUse, WatchSighting } from '@tollgate/contracts';
import { isConnectionError } from '@tollgate/database';
import { type Clock, TollgateError } from '@tollgate/kernel';
import { CLOCK, dataSourceToken, LOGGER } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import type { DataSource } from 'typeorm';
import { systemAct } from '../changes/act.js';
import { Changes } from '../changes/changes.js';
import { sortSightings, watchSightings } from './watch-sightings.js';
import { watchUses } from './watch-uses.js';

const PART = 'watching';

/** Looks at what routers and guards have seen. One organisation that something is wrong with holds up no other. */
@Injectable()
export class Watcher {
  constructor(
    @Inject(dataSourceToken('auth')) private readonly dataSource: DataSource,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Before the uses are noted. False where Postgres is away: to be sent again. */
  uses(uses: readonly TokenUse[]): Promise<boolean> {
    return this.attempt('uses of keys could not be watched', async () => {
      const { raised, keep } = await watchUses(this.dataSource.manager, uses, this.clock.now());
      for (const [organisationId, group] of Map.groupBy(raised, (one) => one.organisationId)) {
        await this.changes.run(systemAct(organisationId, PART), async (change) => {
          for (const one of group) change.raise(one);
        });
      }
      await keep();
    });
  }

  /** False where Postgres is away: to be sent again. */
  sightings(sightings: readonly WatchSighting[]): Promise<boolean> {
    return this.attempt('sightings could not be looked at', async () => {
      let whole = true;
      for (const [organisationId, seen] of await sortSightings(this.dataSource.manager, sightings)) {
        const done = await this.attempt('sightings of an organisation could not be looked at', () =>
          this.changes.run(systemAct(organisationId, PART), (change) => watchSightings(change, seen)),
        );
        whole = whole && done;
      }
      if (!whole) throw new TollgateError('overloaded', 'The database is out of reach.');
    });
  }

  private async attempt(what: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (isConnectionError(error) || isPassing(error)) return false;
      this.logger.error({ error }, what);
      return true;
    }
  }
}

/** Postgres has broken a deadlock off (40P01), or is out of reach: the next time it may well work. */
const isPassing = (error: unknown): boolean =>
  error instanceof TollgateError
    ? error.code === 'overloaded'
    : error instanceof Error && 'code' in error && error.code === '40P01';
