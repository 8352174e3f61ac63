/**
 * W3C trace context of one call (https://www.w3.org/TR/trace-context/). Ids are made without the SDK, so that an
 * unsampled call costs two random draws and no span object.
 */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits: this process's own span. */
  readonly spanId: string;
  /** The caller's span, null at the root. */
  readonly parentSpanId: string | null;
  readonly sampled: boolean;
}

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';
export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** One finished span, made by hand at the end of the work. Times: milliseconds since the epoch, with fraction. */
export interface FinishedSpan {
  readonly context: TraceContext;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  /** Set where the work failed: such a span is exported even if its trace was not sampled. */
  readonly errorCode?: string;
}

export interface Tracer {
  /** Decides sampling once, at the root (10 % by default); below, the parent's decision stands. */
  start(traceparent: string | null): TraceContext;
  /** A further span of this process below the given one. */
  child(context: TraceContext): TraceContext;
  /** The header to send onward. */
  traceparent(context: TraceContext): string;
  /** True where a span should be built at all: sampled, or failed. Call it before making attributes. */
  wants(context: TraceContext, failed: boolean): boolean;
  record(span: FinishedSpan): void;
  /** Sends what is queued. */
  shutdown(): Promise<void>;
}
