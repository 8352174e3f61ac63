import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type AuditDenial, AuditDenialsSchema, SUBJECTS } from '@tollgate/contracts';
import { isConnectionError } from '@tollgate/database';
import { dataSourceToken, LOGGER } from '@tollgate/nest';
import type { AuditFact } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import type { DataSource } from 'typeorm';
import { appendAudit } from './append-audit.js';
import { Checkpointer } from './checkpointer.js';

/** Writes what the guards of all services refused to known keys; they have already counted what is alike together. */
@Controller()
export class DeniedHandler {
  constructor(
    @Inject(dataSourceToken('auth')) private readonly dataSource: DataSource,
    @Inject(Checkpointer) private readonly checkpointer: Checkpointer,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @MessagePattern(SUBJECTS.auditDenied)
  async denied(@Payload() data: unknown): Promise<void> {
    const { denials } = AuditDenialsSchema.parse(data);
    for (const [tenant, group] of Map.groupBy(denials, ({ organisationId }) => organisationId)) {
      try {
        const unsigned = await this.dataSource.transaction((manager) => appendAudit(manager, tenant, group.map(factOf)));
        this.checkpointer.noteUnsigned(tenant, unsigned);
      } catch (error) {
        // Sent again where Postgres was away; one organisation that is gone must not hold up the others for ever.
        if (isConnectionError(error)) throw error;
        this.logger.error({ error, organisationId: tenant, count: group.length }, 'refusals could not be audited');
      }
    }
  }
}

const factOf = (denial: AuditDenial): AuditFact => ({
  time: new Date(denial.at).toISOString(),
  // Without a secret the caller named the key and did not prove that it is theirs.
  actor: {
    type: denial.actorType ?? 'token',
    id: denial.tokenId,
    publicId: denial.publicId,
    secretId: denial.secretId,
    onBehalfOf: null,
  },
  action: 'access.denied',
  target: { type: 'permission', id: denial.permission, name: denial.operation },
  decision: 'denied',
  reason: denial.reason,
  requestId: denial.requestId,
  traceId: null,
  ip: denial.ip,
  userAgent: denial.userAgent,
  before: null,
  after: { count: denial.count },
});
