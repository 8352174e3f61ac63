import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type AuditRecord, AuditRecordsSchema, SUBJECTS } from '@tollgate/contracts';
import { isConnectionError } from '@tollgate/database';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, dataSourceToken, LOGGER } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import type { DataSource, EntityManager } from 'typeorm';
import { appendAudit } from './append-audit.js';
import { Checkpointer } from './checkpointer.js';

/** Writes what other services have changed: they keep it in an outbox, of the change's own transaction, until this has answered. */
@Controller()
export class RecordHandler {
  constructor(
    @Inject(dataSourceToken('auth')) private readonly dataSource: DataSource,
    @Inject(Checkpointer) private readonly checkpointer: Checkpointer,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @MessagePattern(SUBJECTS.auditRecord)
  async record(@Payload() data: unknown): Promise<void> {
    const { records } = AuditRecordsSchema.parse(data);
    for (const [tenant, group] of Map.groupBy(records, ({ organisationId }) => organisationId)) {
      try {
        const unsigned = await this.dataSource.transaction((manager) => this.append(manager, tenant, group));
        this.checkpointer.noteUnsigned(tenant, unsigned);
      } catch (error) {
        // Sent again where Postgres was away; one organisation that is gone must not hold up the others for ever.
        if (isConnectionError(error)) throw error;
        this.logger.error(
          { error, organisationId: tenant, count: group.length },
          'changes of another service could not be audited',
        );
      }
    }
  }

  private async append(manager: EntityManager, tenant: string, group: readonly AuditRecord[]): Promise<number> {
    const rows: { id: string }[] = await manager.query(
      `INSERT INTO auth.audit_records (id, received_at) SELECT id, $2 FROM unnest($1::text[]) AS record (id)
       ON CONFLICT (id) DO NOTHING RETURNING id`,
      [group.map(({ id }) => id), new Date(this.clock.now())],
    );
    const fresh = new Set(rows.map(({ id }) => id));
    return appendAudit(
      manager,
      tenant,
      group.filter(({ id }) => fresh.delete(id)).map(({ fact }) => fact),
    );
  }
}
