import type { Clock } from '@tollgate/kernel';
import type { DataSource } from 'typeorm';

const DAY_MS = 86_400_000;
/** Advisory locks of this schema ("usag" in ASCII), second key: see the functions that take them. */
export const LOCK_SPACE = 0x75736167;
const PARTITION_LOCK = 1;
/** Days made ahead, so that midnight meets a partition that is there. */
const DAYS_AHEAD = 2;
const NAME = /^usage_records_(\d{4})(\d{2})(\d{2})$/;

export interface PartitionSettings {
  readonly dataSource: DataSource;
  readonly clock: Clock;
  readonly retentionDays: number;
}

export const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const partitionName = (day: string): string => `usage_records_${day.replaceAll('-', '')}`;

/** The daily partitions of `usage_records`: made ahead and on demand, dropped whole when they are too old. */
export class Partitions {
  private known = new Set<string>();

  constructor(private readonly settings: PartitionSettings) {}

  /** The oldest day that is kept, `YYYY-MM-DD`. */
  get oldestDay(): string {
    return dayText(this.settings.clock.now() - this.settings.retentionDays * DAY_MS);
  }

  /** The last day that is taken: a router's clock may run ahead, but not for years. */
  get newestDay(): string {
    return dayText(this.settings.clock.now() + this.settings.retentionDays * DAY_MS);
  }

  /** Makes what is missing of the days (`YYYY-MM-DD`). Cheap where all are known. */
  async ensure(days: Iterable<string>): Promise<void> {
    for (const day of days) {
      if (this.known.has(day)) continue;
      await this.create(day);
      this.known.add(day);
    }
  }

  async ensureAhead(): Promise<void> {
    const now = this.settings.clock.now();
    await this.ensure(Array.from({ length: DAYS_AHEAD + 1 }, (_, index) => dayText(now + index * DAY_MS)));
  }

  /** After an insert that met no partition: another process has dropped one. */
  forget(): void {
    this.known = new Set();
  }

  /** Drops what is older than the retention; gives the names. Rollups stay. */
  async dropExpired(): Promise<readonly string[]> {
    const { dataSource } = this.settings;
    const rows: { name: string }[] = await dataSource.query(
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'analytics.usage_records'::regclass ORDER BY 1`,
    );
    const dropped: string[] = [];
    for (const { name } of rows) {
      const match = NAME.exec(name);
      if (match === null || `${match[1]}-${match[2]}-${match[3]}` >= this.oldestDay) continue;
      this.known.delete(`${match[1]}-${match[2]}-${match[3]}`);
      await dataSource.transaction(async (manager) => {
        // The drop locks the whole table for a moment: behind a long query it gives up, and comes back with the next sweep.
        await manager.query("SET LOCAL lock_timeout = '2s'");
        await manager.query(`DROP TABLE IF EXISTS analytics.${name}`);
      });
      dropped.push(name);
    }
    await dataSource.query('DELETE FROM analytics.usage_reports WHERE day < $1', [this.oldestDay]);
    return dropped;
  }

  private create(day: string): Promise<void> {
    const name = partitionName(day);
    return this.settings.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_SPACE, PARTITION_LOCK]);
      const found: { found: string | null }[] = await manager.query('SELECT to_regclass($1)::text AS found', [
        `analytics.${name}`,
      ]);
      if (found[0]?.found != null) return;
      // CREATE ... PARTITION OF would lock out every insert into the other days; ATTACH of an empty table does not.
      await manager.query(
        `CREATE TABLE analytics.${name} (LIKE analytics.usage_records INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`,
      );
      await manager.query(
        `ALTER TABLE analytics.usage_records ATTACH PARTITION analytics.${name} FOR VALUES FROM ('${day}') TO ('${dayText(Date.parse(day) + DAY_MS)}')`,
      );
    });
  }
}
