export type { Logger } from './logger.js';
export type { Counter, Histogram, Labels, Metrics } from './metrics.js';
export type { FinishedSpan, SpanAttributes, SpanKind, TraceContext, Tracer } from './trace-context.js';
