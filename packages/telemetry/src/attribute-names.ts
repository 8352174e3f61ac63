/**
 * Attribute names of spans, once. OTel semantic conventions: GenAI (https://opentelemetry.io/docs/specs/semconv/gen-ai/),
 * HTTP and messaging; what they do not name stands under `tollgate.`.
 */
export const ATTRIBUTES = {
  genAiOperation: 'gen_ai.operation.name',
  genAiProvider: 'gen_ai.provider.name',
  genAiRequestModel: 'gen_ai.request.model',
  genAiRequestMaxTokens: 'gen_ai.request.max_tokens',
  genAiResponseModel: 'gen_ai.response.model',
  genAiResponseId: 'gen_ai.response.id',
  genAiResponseFinishReasons: 'gen_ai.response.finish_reasons',
  genAiInputTokens: 'gen_ai.usage.input_tokens',
  genAiOutputTokens: 'gen_ai.usage.output_tokens',
  genAiCacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  genAiCacheWriteTokens: 'gen_ai.usage.cache_creation.input_tokens',
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
  httpRequestBytes: 'http.request.body.size',
  httpResponseBytes: 'http.response.body.size',
  urlPath: 'url.path',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  errorType: 'error.type',
  messagingSystem: 'messaging.system',
  messagingDestination: 'messaging.destination.name',
  requestId: 'tollgate.request.id',
  organisationId: 'tollgate.organisation.id',
  teamId: 'tollgate.team.id',
  tokenId: 'tollgate.token.id',
  deploymentId: 'tollgate.deployment.id',
  attempt: 'tollgate.attempt',
  attempts: 'tollgate.attempts',
  stream: 'tollgate.stream',
  outcome: 'tollgate.outcome',
  firstByteMs: 'tollgate.first_byte_ms',
  overheadMs: 'tollgate.overhead_ms',
  usageBasis: 'tollgate.usage.basis',
  cost: 'tollgate.cost',
} as const;

/** Names of spans, low in cardinality: the model of a GenAI span is appended by its maker, as the convention has it. */
export const SPAN_NAMES = {
  /** server: one call at the router. */
  call: 'call',
  /** consumer: one attempt inside an adapter. */
  attempt: 'attempt',
  /** client: the request to the upstream. */
  upstream: 'chat',
} as const;
