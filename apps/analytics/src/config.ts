import { type EnvironmentOf, integerVariable } from '@tollgate/kernel';

export const analyticsEnvironment = {
  usageRetentionDays: integerVariable({
    name: 'TOLLGATE_USAGE_RETENTION_DAYS',
    purpose: 'Days that single usage records are kept; sums are kept for good.',
    fallback: 400,
    min: 1,
    max: 3_650,
  }),
};
export type AnalyticsConfig = EnvironmentOf<typeof analyticsEnvironment>;
