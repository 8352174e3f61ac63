import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type {
  AuditCheckpointView,
  AuditEventView,
  AuditKeyView,
  ExportAuditQuery,
  ListAuditEventsQuery,
  Page,
  PageQuery,
} from '@tollgate/contracts';
import { type Clock, TollgateError } from '@tollgate/kernel';
import { CLOCK, dataSourceToken, InvalidFieldsError } from '@tollgate/nest';
import type { AuditKey, AuditValue } from '@tollgate/policy';
import type { DataSource } from 'typeorm';
import type { Act } from '../changes/act.js';
import { Changes } from '../changes/changes.js';
import { readAuditKeys } from './audit-keys.js';
import { AUDIT_KEY, Checkpointer } from './checkpointer.js';
import { exportCsv, exportJsonLines, planExport } from './export-audit.js';
import { listEvents } from './list-events.js';
import { readCheckpoints } from './read-audit.js';
import { RecentReads } from './recent-reads.js';

const EXPORTS_MAX = 8;

/** An export on its way: `body` ends it whatever happens. */
export interface AuditExport {
  readonly body: Readable;
  readonly contentType: string;
  readonly fileName: string;
}

/** The audit trail of the act's organisation; whoever reads it leaves a trace in it. */
@Injectable()
export class AuditService {
  private readonly reads: RecentReads;
  private exports = 0;

  constructor(
    @Inject(dataSourceToken('auth')) private readonly dataSource: DataSource,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(Checkpointer) private readonly checkpointer: Checkpointer,
    @Inject(AUDIT_KEY) private readonly key: AuditKey,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.reads = new RecentReads(clock);
  }

  async listEvents(act: Act, query: ListAuditEventsQuery): Promise<Page<AuditEventView>> {
    const { cursor: _, limit: __, ...filter } = query;
    const page = await this.changes.read((manager) => listEvents(manager, act.organisationId, query));
    // Before the answer: nobody has read what is not noted. The pages of one search are one act.
    await this.reads.once(`${act.organisationId} ${act.actor.id} ${JSON.stringify(filter)}`, () =>
      this.note(act, 'audit.read', filter),
    );
    return page;
  }

  async listCheckpoints({ organisationId }: Act, query: PageQuery): Promise<Page<AuditCheckpointView>> {
    const upTo = query.cursor === undefined ? undefined : readCursor(query.cursor) - 1;
    const rows = await this.changes.read((manager) =>
      readCheckpoints(manager, organisationId, {
        ...(upTo !== undefined && { upTo }),
        newestFirst: true,
        limit: query.limit + 1,
      }),
    );
    const shown = rows.slice(0, query.limit);
    const last = rows.length > query.limit ? shown.at(-1) : undefined;
    return {
      data: shown.map(({ view }) => view),
      next_cursor: last === undefined ? null : Buffer.from(String(last.number)).toString('base64url'),
      has_more: last !== undefined,
    };
  }

  async listKeys(): Promise<{ readonly data: readonly AuditKeyView[] }> {
    return { data: await this.changes.read((manager) => readAuditKeys(manager, this.key)) };
  }

  async export(act: Act, query: ExportAuditQuery): Promise<AuditExport> {
    if (this.exports >= EXPORTS_MAX) {
      throw new TollgateError('overloaded', `${EXPORTS_MAX} exports are under way already.`, { retryAfterMs: 10_000 });
    }
    this.exports += 1;
    let begun = false;
    try {
      // The export stands in itself, and a checkpoint behind it.
      await this.note(act, 'audit.exported', query);
      const { dataSource, key } = this;
      const plan = await this.changes.read(async () => {
        await this.checkpointer.checkpoint(act.organisationId);
        return planExport({ dataSource, key, now: this.clock.now() }, act.organisationId, query);
      });
      const csv = query.format === 'csv';
      const body = Readable.from((csv ? exportCsv : exportJsonLines)(dataSource.manager, plan), { highWaterMark: 1 });
      body.once('close', () => {
        this.exports -= 1;
      });
      begun = true;
      return {
        body,
        contentType: csv ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson',
        fileName: `audit-${plan.tenant}-${plan.start.seq + 1}-${plan.end.seq}.${query.format}`,
      };
    } finally {
      if (!begun) this.exports -= 1;
    }
  }

  private note(act: Act, action: string, after: { readonly [key: string]: unknown }): Promise<void> {
    const target = { type: 'audit_trail', id: act.organisationId, name: null };
    return this.changes.run(act, async (change) => change.audit({ action, target, before: null, after: after as AuditValue }));
  }
}

function readCursor(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^\d{1,15}$/.test(text)) throw new InvalidFieldsError([{ pointer: 'cursor', detail: 'is not one of ours' }]);
  return Number(text);
}
