import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Sums by team, for those who may see what their team used and nothing else. What was counted before stands under no team,
 * and so only those see it who see all of the organisation.
 */
export class SplitUsageByTeam1764120000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['usage_hourly', 'usage_daily']) {
      await runner.query(`
        ALTER TABLE analytics.${table}
          ADD COLUMN team_id text COLLATE "C" NOT NULL DEFAULT '',
          DROP CONSTRAINT ${table}_pkey,
          ADD PRIMARY KEY (organisation_id, period, token_id, team_id, model, provider, outcome, currency)`);
    }
  }

  async down(): Promise<void> {
    throw new Error('Migrations of analytics go forward only: restore a backup instead.');
  }
}
