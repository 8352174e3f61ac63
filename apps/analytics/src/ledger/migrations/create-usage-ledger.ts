import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Key columns sort by bytes (`"C"`), as JavaScript sorts ids, on every server whatever its locale. */
const RECORDS = `
CREATE TABLE analytics.usage_records (
  day date NOT NULL,
  id text COLLATE "C" NOT NULL,
  client_request_id text COLLATE "C",
  trace_id text NOT NULL,
  organisation_id text COLLATE "C" NOT NULL,
  team_id text COLLATE "C",
  token_id text COLLATE "C" NOT NULL,
  secret_id text COLLATE "C" NOT NULL,
  endpoint text NOT NULL,
  dialect text NOT NULL,
  model text COLLATE "C" NOT NULL,
  stream boolean NOT NULL,
  outcome text COLLATE "C" NOT NULL,
  status integer NOT NULL,
  error_code text,
  started_at bigint NOT NULL,
  duration_ms double precision NOT NULL,
  first_byte_ms double precision,
  overhead_ms double precision,
  request_bytes bigint NOT NULL,
  response_bytes bigint NOT NULL,
  attempts jsonb NOT NULL,
  input_tokens bigint NOT NULL,
  cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL,
  input_audio_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  output_audio_tokens bigint NOT NULL,
  basis text COLLATE "C" NOT NULL,
  cost_amount numeric,
  cost_currency text COLLATE "C",
  unverified boolean NOT NULL,
  metadata jsonb NOT NULL,
  settled jsonb,
  PRIMARY KEY (day, id)
) PARTITION BY RANGE (day);
COMMENT ON COLUMN analytics.usage_records.started_at IS 'milliseconds since the epoch';
COMMENT ON COLUMN analytics.usage_records.settled IS 'the settlement as it came, kept where reports of adapters have changed it';
CREATE INDEX usage_records_by_organisation ON analytics.usage_records (organisation_id, day, id);
CREATE INDEX usage_records_by_token ON analytics.usage_records (organisation_id, token_id, day, id);
CREATE INDEX usage_records_by_client_request ON analytics.usage_records (organisation_id, client_request_id)
  WHERE client_request_id IS NOT NULL;
`;

const REPORTS = `
CREATE TABLE analytics.usage_reports (
  day date NOT NULL,
  id text COLLATE "C" NOT NULL,
  attempt integer NOT NULL,
  basis_rank smallint NOT NULL,
  total_tokens bigint NOT NULL,
  duration_ms double precision NOT NULL,
  report jsonb NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (day, id, attempt)
);
`;

const MEASURES = `
  requests bigint NOT NULL,
  attempts bigint NOT NULL,
  unpriced bigint NOT NULL,
  unreported bigint NOT NULL,
  input_tokens bigint NOT NULL,
  cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL,
  input_audio_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  output_audio_tokens bigint NOT NULL,
  cost numeric NOT NULL,
  duration_us bigint NOT NULL,
  request_bytes bigint NOT NULL,
  response_bytes bigint NOT NULL`;

/** Room on each page, so that a counter is updated in place and its indexes stay as they are. */
const rollup = (table: string, period: string): string => `
CREATE TABLE analytics.${table} (
  organisation_id text COLLATE "C" NOT NULL,
  ${period},
  token_id text COLLATE "C" NOT NULL,
  model text COLLATE "C" NOT NULL,
  provider text COLLATE "C" NOT NULL,
  outcome text COLLATE "C" NOT NULL,
  currency text COLLATE "C" NOT NULL,
  ${MEASURES},
  PRIMARY KEY (organisation_id, period, token_id, model, provider, outcome, currency)
) WITH (fillfactor = 70);
`;

export class CreateUsageLedger1763900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(RECORDS);
    await runner.query(REPORTS);
    await runner.query(rollup('usage_hourly', 'period timestamptz NOT NULL'));
    await runner.query(rollup('usage_daily', 'period date NOT NULL'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE analytics.usage_daily, analytics.usage_hourly, analytics.usage_reports, analytics.usage_records',
    );
  }
}
