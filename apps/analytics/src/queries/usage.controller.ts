import { Controller, Get, Inject } from '@nestjs/common';
import {
  type Page,
  USAGE_OPERATIONS,
  type UsageQuery,
  UsageQuerySchema,
  UsageRecordIdSchema,
  type UsageRecordsQuery,
  UsageRecordsQuerySchema,
  type UsageRecordView,
  type UsageReportView,
} from '@tollgate/contracts';
import type { Clock } from '@tollgate/kernel';
import { Caller, CLOCK, dataSourceToken, type ManagementCaller, Permission, ZodParam, ZodQuery } from '@tollgate/nest';
import type { DataSource } from 'typeorm';
import { listRecords, readRecord } from './list-records.js';
import { readUsage } from './read-usage.js';

@Controller('api/v1/usage')
export class UsageController {
  constructor(
    @Inject(dataSourceToken('analytics')) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @Permission(USAGE_OPERATIONS.getUsage)
  usage(@Caller() caller: ManagementCaller, @ZodQuery(UsageQuerySchema) query: UsageQuery): Promise<UsageReportView> {
    return readUsage(this.dataSource, caller, query, this.clock.now());
  }

  @Get('records')
  @Permission(USAGE_OPERATIONS.listUsageRecords)
  records(
    @Caller() caller: ManagementCaller,
    @ZodQuery(UsageRecordsQuerySchema) query: UsageRecordsQuery,
  ): Promise<Page<UsageRecordView>> {
    return listRecords(this.dataSource, caller, query);
  }

  @Get('records/:id')
  @Permission(USAGE_OPERATIONS.getUsageRecord)
  record(@Caller() caller: ManagementCaller, @ZodParam('id', UsageRecordIdSchema) id: string): Promise<UsageRecordView> {
    return readRecord(this.dataSource, caller, id);
  }
}
