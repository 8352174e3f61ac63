import type { CatalogChanged } from '@tollgate/contracts';
import { type Clock, newId, type RandomBytes } from '@tollgate/kernel';
import type { DataSource, QueryRunner } from 'typeorm';
import { diffViews } from '../views/diff-views.js';
import { type CatalogViews, loadViews } from '../views/load-views.js';
import type { Query, WriteSession } from './session.js';

/** A change stays readable for so many revisions, for a replica that publishes what another one could not. */
const CHANGES_KEPT = 1_000;

export interface CatalogStoreSettings {
  readonly dataSource: DataSource;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** Called after the commit of a change, in order of revision. */
  onChange(change: CatalogChanged): void;
}

interface StateRow {
  readonly epoch: string;
  readonly revision: string;
}

/** The only way into the tables: every write is one transaction under one lock, so revisions are gapless and in commit order. */
export class CatalogStore {
  private cached: CatalogViews | null = null;

  constructor(private readonly settings: CatalogStoreSettings) {}

  /** Both views as they are now; from memory where nothing has changed or Postgres is out of reach. */
  async views(): Promise<CatalogViews> {
    const { cached } = this;
    if (cached !== null) {
      const state = await this.state().catch(() => null);
      if (state === null || isAt(cached, state)) return this.cached ?? cached;
    }
    const views = await this.inTransaction('REPEATABLE READ', async (query) => {
      const state = await readState(query, '');
      return loadViews(query, state.epoch, state.revision, this.now());
    });
    this.keep(views);
    return views;
  }

  async state(): Promise<{ readonly epoch: string; readonly revision: number }> {
    return readState(queryOf(this.settings.dataSource), '');
  }

  /** Plain reads of the management API. */
  get query(): Query {
    return queryOf(this.settings.dataSource);
  }

  /** Runs the work under the catalogue's lock. The revision grows by one where a view has changed by it, else not at all. */
  async write<T>(work: (session: WriteSession) => Promise<T>): Promise<T> {
    const { value, change } = await this.inTransaction('READ COMMITTED', async (query) => {
      const { epoch, revision } = await readState(query, 'FOR UPDATE');
      const now = this.now();
      const { cached } = this;
      const before = cached !== null && isAt(cached, { epoch, revision }) ? cached : await loadViews(query, epoch, revision, now);
      const result = await work({ query, now, newId: (prefix) => this.newId(prefix) });
      const after = await loadViews(query, epoch, revision + 1, now);
      const delta = diffViews(before, after);
      if (delta === null) return { value: result, change: null };
      await query('UPDATE catalog.state SET revision = $1', [revision + 1]);
      await query('INSERT INTO catalog.changes (revision, delta, created_at) VALUES ($1, $2, $3)', [
        revision + 1,
        JSON.stringify(delta),
        now,
      ]);
      await query('DELETE FROM catalog.changes WHERE revision <= $1', [revision + 1 - CHANGES_KEPT]);
      return { value: result, change: { delta, after } };
    });
    if (change !== null) {
      this.keep(change.after);
      this.settings.onChange(change.delta);
    }
    return value;
  }

  /** Changes after a revision, oldest first; a gap at the start means that the older ones are gone. */
  async changesAfter(revision: number): Promise<CatalogChanged[]> {
    const rows = await this.query<{ delta: CatalogChanged }>(
      'SELECT delta FROM catalog.changes WHERE revision > $1 ORDER BY revision LIMIT 100',
      [revision],
    );
    return rows.map((row) => row.delta);
  }

  private keep(views: CatalogViews): void {
    const { cached } = this;
    // Two reads may overtake each other; never go back within an epoch.
    if (cached?.routing.epoch === views.routing.epoch && cached.routing.revision > views.routing.revision) return;
    this.cached = views;
  }

  /** Milliseconds since the epoch, by the service's clock. */
  nowMs(): number {
    return this.settings.clock.now();
  }

  private now = (): Date => new Date(this.settings.clock.now());
  /** For what must have its id before it is written. */
  readonly newId = (prefix: string): string => newId(prefix, this.settings.clock.now(), this.settings.randomBytes);

  private async inTransaction<T>(
    isolation: 'READ COMMITTED' | 'REPEATABLE READ',
    work: (query: Query) => Promise<T>,
  ): Promise<T> {
    const runner = this.settings.dataSource.createQueryRunner();
    try {
      await runner.startTransaction(isolation);
      const result = await work(queryOf(runner));
      await runner.commitTransaction();
      return result;
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  }
}

/** TypeORM gives rows for SELECT, and [rows, count] for what changes them. */
const queryOf =
  (source: DataSource | QueryRunner): Query =>
  async <R>(sql: string, parameters: readonly unknown[] = []): Promise<R[]> => {
    const result: unknown = await source.query(sql, [...parameters]);
    if (!Array.isArray(result)) return [];
    const [rows] = result;
    return (Array.isArray(rows) && result.length === 2 && typeof result[1] === 'number' ? rows : result) as R[];
  };

async function readState(query: Query, lock: 'FOR UPDATE' | ''): Promise<{ epoch: string; revision: number }> {
  const [row] = await query<StateRow>(`SELECT epoch, revision FROM catalog.state ${lock}`);
  if (row === undefined) throw new Error('catalog.state has no row');
  return { epoch: row.epoch, revision: Number(row.revision) };
}

const isAt = ({ routing }: CatalogViews, state: { readonly epoch: string; readonly revision: number }): boolean =>
  routing.epoch === state.epoch && routing.revision === state.revision;
