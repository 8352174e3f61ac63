import type { ServiceDefinition } from '@tollgate/nest';
import { analyticsModule } from './app.module.js';
import { analyticsEnvironment } from './config.js';
import { CreateUsageLedger1763900000000 } from './ledger/migrations/create-usage-ledger.js';
import { SplitUsageByTeam1764120000000 } from './ledger/migrations/split-usage-by-team.js';

/** What happened: takes usage in exactly once, keeps the ledger and its rollups, answers questions about them. */
export const analyticsService: ServiceDefinition<typeof analyticsEnvironment> = {
  name: 'analytics',
  environment: analyticsEnvironment,
  // Partitioned tables, bulk statements and rollups are plain SQL: no entities.
  database: { schema: 'analytics', entities: [], migrations: [CreateUsageLedger1763900000000, SplitUsageByTeam1764120000000] },
  module: analyticsModule,
};
