import type { Usage, UsageRecord, UsageRecordView } from '@tollgate/contracts';
import { providerOf } from '../ledger/stored-usage.js';

const iso = (ms: number): string => new Date(ms).toISOString();

const tokensView = (usage: Usage): UsageRecordView['tokens'] => ({
  input: usage.input,
  cache_read: usage.cacheRead,
  cache_write: usage.cacheWrite,
  input_audio: usage.inputAudio,
  output: usage.output,
  reasoning: usage.reasoning,
  output_audio: usage.outputAudio,
});

/** A record as the management API shows it. */
export function recordView(record: UsageRecord): UsageRecordView {
  const { usage } = record;
  const input = usage.input + usage.cacheRead + usage.cacheWrite + usage.inputAudio;
  const output = usage.output + usage.reasoning + usage.outputAudio;
  return {
    id: record.id,
    client_request_id: record.clientRequestId,
    trace_id: record.traceId,
    team_id: record.teamId,
    token_id: record.tokenId,
    secret_id: record.secretId,
    endpoint: record.endpoint,
    dialect: record.dialect,
    model: record.model,
    provider: providerOf(record) || null,
    stream: record.stream,
    outcome: record.outcome,
    status: record.status,
    error_code: record.errorCode,
    started_at: iso(record.startedAt),
    duration_ms: record.durationMs,
    first_byte_ms: record.firstByteMs,
    overhead_ms: record.overheadMs,
    request_bytes: record.requestBytes,
    response_bytes: record.responseBytes,
    input_tokens: input,
    output_tokens: output,
    total_tokens: input + output,
    tokens: tokensView(usage),
    basis: record.basis,
    cost: record.cost,
    unverified: record.unverified,
    metadata: record.metadata,
    attempts: record.attempts.map((attempt) => ({
      number: attempt.number,
      deployment_id: attempt.deploymentId,
      provider: attempt.provider,
      upstream_model: attempt.upstreamModel,
      status: attempt.status,
      error_code: attempt.errorCode,
      started_at: iso(attempt.startedAt),
      duration_ms: attempt.durationMs,
      first_byte_ms: attempt.firstByteMs,
      upstream_request_id: attempt.upstreamRequestId,
      tokens: tokensView(attempt.usage),
      basis: attempt.basis,
      price_source: attempt.price?.source ?? null,
      cost: attempt.cost,
    })),
  };
}
