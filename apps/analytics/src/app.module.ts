import { type DynamicModule, Module } from '@nestjs/common';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, dataSourceToken } from '@tollgate/nest';
import type { DataSource } from 'typeorm';
import type { AnalyticsConfig } from './config.js';
import { UsageIngest } from './ingest/usage-ingest.js';
import { Partitions } from './ledger/partitions.js';
import { Retention } from './ledger/retention.js';
import { RepriceController } from './pricing/reprice.controller.js';
import { UsageController } from './queries/usage.controller.js';

@Module({})
class AnalyticsModule {}

export const analyticsModule = (config: AnalyticsConfig): DynamicModule => ({
  module: AnalyticsModule,
  controllers: [UsageController, RepriceController],
  providers: [
    {
      provide: Partitions,
      inject: [dataSourceToken('analytics'), CLOCK],
      useFactory: (dataSource: DataSource, clock: Clock) =>
        new Partitions({ dataSource, clock, retentionDays: config.usageRetentionDays }),
    },
    Retention,
    UsageIngest,
  ],
});
