import type { UsageRecord } from '@tollgate/contracts';
import type { Column } from './column.js';
import type { StoredUsage } from './stored-usage.js';

const of = (
  name: string,
  type: string,
  value: (record: UsageRecord) => string | number | boolean | null,
): Column<StoredUsage> => ({
  name,
  type,
  value: (row) => value(row.record),
});

/** Every column of `usage_records`, with what stands in it. The key comes first. */
export const RECORD_COLUMNS: readonly Column<StoredUsage>[] = [
  { name: 'day', type: 'date', value: (row) => row.day },
  of('id', 'text', (record) => record.id),
  of('client_request_id', 'text', (record) => record.clientRequestId),
  of('trace_id', 'text', (record) => record.traceId),
  of('organisation_id', 'text', (record) => record.organisationId),
  of('team_id', 'text', (record) => record.teamId),
  of('token_id', 'text', (record) => record.tokenId),
  of('secret_id', 'text', (record) => record.secretId),
  of('endpoint', 'text', (record) => record.endpoint),
  of('dialect', 'text', (record) => record.dialect),
  of('model', 'text', (record) => record.model),
  of('stream', 'boolean', (record) => record.stream),
  of('outcome', 'text', (record) => record.outcome),
  of('status', 'integer', (record) => record.status),
  of('error_code', 'text', (record) => record.errorCode),
  of('started_at', 'bigint', (record) => record.startedAt),
  of('duration_ms', 'double precision', (record) => record.durationMs),
  of('first_byte_ms', 'double precision', (record) => record.firstByteMs),
  of('overhead_ms', 'double precision', (record) => record.overheadMs),
  of('request_bytes', 'bigint', (record) => record.requestBytes),
  of('response_bytes', 'bigint', (record) => record.responseBytes),
  of('attempts', 'jsonb', (record) => JSON.stringify(record.attempts)),
  of('input_tokens', 'bigint', (record) => record.usage.input),
  of('cache_read_tokens', 'bigint', (record) => record.usage.cacheRead),
  of('cache_write_tokens', 'bigint', (record) => record.usage.cacheWrite),
  of('input_audio_tokens', 'bigint', (record) => record.usage.inputAudio),
  of('output_tokens', 'bigint', (record) => record.usage.output),
  of('reasoning_tokens', 'bigint', (record) => record.usage.reasoning),
  of('output_audio_tokens', 'bigint', (record) => record.usage.outputAudio),
  of('basis', 'text', (record) => record.basis),
  of('cost_amount', 'numeric', (record) => record.cost?.amount ?? null),
  of('cost_currency', 'text', (record) => record.cost?.currency ?? null),
  of('unverified', 'boolean', (record) => record.unverified),
  of('metadata', 'jsonb', (record) => JSON.stringify(record.metadata)),
  { name: 'settled', type: 'jsonb', value: (row) => (row.settled === null ? null : JSON.stringify(row.settled)) },
];

/** Tokens by bucket, of one record or summed, as `pg` hands them over: bigint as texts. */
export interface TokenColumns {
  readonly input_tokens: string;
  readonly cache_read_tokens: string;
  readonly cache_write_tokens: string;
  readonly input_audio_tokens: string;
  readonly output_tokens: string;
  readonly reasoning_tokens: string;
  readonly output_audio_tokens: string;
}

/** Columns as `pg` hands them over: bigint and numeric as texts, `day` selected as a text. */
export interface RecordRow extends TokenColumns {
  readonly day: string;
  readonly id: string;
  readonly client_request_id: string | null;
  readonly trace_id: string;
  readonly organisation_id: string;
  readonly team_id: string | null;
  readonly token_id: string;
  readonly secret_id: string;
  readonly endpoint: string;
  readonly dialect: string;
  readonly model: string;
  readonly stream: boolean;
  readonly outcome: UsageRecord['outcome'];
  readonly status: number;
  readonly error_code: string | null;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly first_byte_ms: number | null;
  readonly overhead_ms: number | null;
  readonly request_bytes: string;
  readonly response_bytes: string;
  readonly attempts: UsageRecord['attempts'];
  readonly basis: UsageRecord['basis'];
  readonly cost_amount: string | null;
  readonly cost_currency: string | null;
  readonly unverified: boolean;
  readonly metadata: UsageRecord['metadata'];
  readonly settled: UsageRecord | null;
}

/** For a SELECT list: `pg` would turn a date into a local `Date`. */
export const RECORD_SELECT = RECORD_COLUMNS.map(({ name }) =>
  name === 'day' ? "to_char(r.day, 'YYYY-MM-DD') AS day" : `r.${name}`,
).join(', ');

export function recordOfRow(row: RecordRow): UsageRecord {
  return {
    v: 1,
    id: row.id,
    clientRequestId: row.client_request_id,
    traceId: row.trace_id,
    organisationId: row.organisation_id,
    teamId: row.team_id,
    tokenId: row.token_id,
    secretId: row.secret_id,
    endpoint: row.endpoint,
    dialect: row.dialect,
    model: row.model,
    stream: row.stream,
    outcome: row.outcome,
    status: row.status,
    errorCode: row.error_code,
    startedAt: Number(row.started_at),
    durationMs: row.duration_ms,
    firstByteMs: row.first_byte_ms,
    overheadMs: row.overhead_ms,
    requestBytes: Number(row.request_bytes),
    responseBytes: Number(row.response_bytes),
    attempts: row.attempts,
    usage: {
      input: Number(row.input_tokens),
      cacheRead: Number(row.cache_read_tokens),
      cacheWrite: Number(row.cache_write_tokens),
      inputAudio: Number(row.input_audio_tokens),
      output: Number(row.output_tokens),
      reasoning: Number(row.reasoning_tokens),
      outputAudio: Number(row.output_audio_tokens),
    },
    basis: row.basis,
    cost:
      row.cost_amount === null || row.cost_currency === null ? null : { amount: row.cost_amount, currency: row.cost_currency },
    unverified: row.unverified,
    metadata: row.metadata,
  };
}
