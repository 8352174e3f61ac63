import { Controller, Get, Inject, Res } from '@nestjs/common';
import {
  AUDIT_OPERATIONS,
  type AuditCheckpointView,
  type AuditEventView,
  type AuditKeyView,
  type ExportAuditQuery,
  ExportAuditQuerySchema,
  type ListAuditEventsQuery,
  ListAuditEventsQuerySchema,
  type Page,
  type PageQuery,
  PageQuerySchema,
} from '@tollgate/contracts';
import { OpenToAll, Permission, ZodQuery } from '@tollgate/nest';
import type { FastifyReply } from 'fastify';
import { type Act, CurrentAct } from '../changes/act.js';
import { AuditService } from './audit.service.js';

@Controller('api/v1/audit')
export class AuditController {
  constructor(@Inject(AuditService) private readonly audit: AuditService) {}

  @Get('events')
  @Permission(AUDIT_OPERATIONS.listAuditEvents.permission)
  events(
    @CurrentAct() act: Act,
    @ZodQuery(ListAuditEventsQuerySchema) query: ListAuditEventsQuery,
  ): Promise<Page<AuditEventView>> {
    return this.audit.listEvents(act, query);
  }

  @Get('checkpoints')
  @Permission(AUDIT_OPERATIONS.listAuditCheckpoints.permission)
  checkpoints(@CurrentAct() act: Act, @ZodQuery(PageQuerySchema) query: PageQuery): Promise<Page<AuditCheckpointView>> {
    return this.audit.listCheckpoints(act, query);
  }

  @Get('keys')
  @OpenToAll('public keys: whoever is given an export can verify it')
  keys(): Promise<{ readonly data: readonly AuditKeyView[] }> {
    return this.audit.listKeys();
  }

  @Get('export')
  @Permission(AUDIT_OPERATIONS.exportAudit.permission)
  async export(
    @CurrentAct() act: Act,
    @ZodQuery(ExportAuditQuerySchema) query: ExportAuditQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { body, contentType, fileName } = await this.audit.export(act, query);
    reply.header('content-type', contentType).header('content-disposition', `attachment; filename="${fileName}"`).send(body);
  }
}
