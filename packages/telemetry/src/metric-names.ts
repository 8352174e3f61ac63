/** Every metric of the product, once. `_total` counts, `_seconds` and `_bytes` are units (https://prometheus.io/docs/practices/naming/). */
export const METRIC_NAMES = {
  /** Calls at the router. Labels: endpoint, outcome, status. */
  calls: 'tollgate_calls_total',
  /** Whole time of a call at the router. Labels: endpoint, stream. */
  callDuration: 'tollgate_call_duration_seconds',
  /** Time that the gateway itself added. Labels: endpoint. */
  callOverhead: 'tollgate_call_overhead_seconds',
  /** Time to the first byte of the answer. Labels: endpoint. */
  callFirstByte: 'tollgate_call_first_byte_seconds',
  /** Calls under way at the router. */
  callsOpen: 'tollgate_calls_open',
  /** Refusals by policy. Labels: code. */
  refusals: 'tollgate_refusals_total',
  /** Attempts at upstreams. Labels: provider, outcome. */
  attempts: 'tollgate_attempts_total',
  /** Time of an attempt at an upstream. Labels: provider. */
  attemptDuration: 'tollgate_attempt_duration_seconds',
  /** Requests of the adapters to upstreams. Labels: provider, status (`none` where no answer came). */
  upstreamCalls: 'tollgate_upstream_calls_total',
  /** Time to the first byte of an upstream. Labels: provider. */
  upstreamFirstByte: 'tollgate_upstream_first_byte_seconds',
  /** Streams under way at the adapters. */
  upstreamsOpen: 'tollgate_upstreams_open',
  /** Tokens by bucket. Labels: provider, bucket. */
  tokens: 'tollgate_tokens_total',
  /** Look-ups of API tokens. Labels: result (hit, miss, grace, unverifiable). */
  tokenLookups: 'tollgate_token_lookups_total',
  /** Age of the revocation feed's last heartbeat. */
  feedAge: 'tollgate_feed_age_seconds',
  /** Records waiting in the spool. */
  spoolRecords: 'tollgate_spool_records',
  /** Bytes waiting in the spool. */
  spoolBytes: 'tollgate_spool_bytes',
  /** Usage records taken in by analytics. Labels: result (stored, duplicate, replaced, rejected, refused). */
  usageRecords: 'tollgate_usage_records_total',
  /** Usage records per transaction at analytics. */
  usageBatchSize: 'tollgate_usage_batch_records',
  /** Time of a transaction of usage records. */
  usageCommit: 'tollgate_usage_commit_seconds',
  /** From the end of a call to the commit of its record, the oldest of a transaction. */
  usageLag: 'tollgate_usage_lag_seconds',
  /** Usage records waiting for a transaction. */
  usageWaiting: 'tollgate_usage_waiting_records',
  /** Calls of models without a price. Labels: provider. */
  unpricedCalls: 'tollgate_unpriced_calls_total',
  /** Management requests. Labels: service, method, status. */
  managementRequests: 'tollgate_management_requests_total',
  /** Time of a management request. Labels: service, method. */
  managementDuration: 'tollgate_management_duration_seconds',
  /** Checkpoints of the audit trail. Labels: result (made, broken). */
  auditCheckpoints: 'tollgate_audit_checkpoints_total',
  /** Incidents that were opened. Labels: rule, severity, action (what was done: alert, slow_down, suspend). */
  incidents: 'tollgate_incidents_total',
  /** 1 while the message bus is reached. */
  busConnected: 'tollgate_bus_connected',
  /** 1 while the process takes traffic. */
  ready: 'tollgate_ready',
  /** Connections open at the main port. */
  connectionsOpen: 'tollgate_connections_open',
  /** Labels: version, node. Always 1. */
  buildInfo: 'tollgate_build_info',
} as const;

/** Buckets of latencies that a person waits for, seconds. */
export const LATENCY_BUCKETS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
/** Buckets of what the gateway itself adds, seconds. */
export const OVERHEAD_BUCKETS: readonly number[] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
