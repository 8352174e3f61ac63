import { setTimeout as wait } from 'node:timers/promises';
import { type HrTime, SpanKind as OtelKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { ATTRIBUTES } from './attribute-names.js';
import type { FinishedSpan, SpanKind } from './trace-context.js';
import type { TracerSettings } from './tracer-settings.js';

const KINDS: Readonly<Record<SpanKind, OtelKind>> = {
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
};
const SHUTDOWN_MS = 2_000;
const SCOPE = { name: '@tollgate/telemetry' };

export interface SpanExporter {
  record(span: FinishedSpan): void;
  shutdown(): Promise<void>;
}

/** Loaded only where an endpoint is configured: the SDK costs 40 ms and 10 MB that others need not pay. */
export function createSpanExporter(settings: TracerSettings & { readonly exporterUrl: string | null }): SpanExporter {
  const onExportError = settings.onExportError;
  if (onExportError !== undefined) setGlobalErrorHandler(onExportError);
  const resource = resourceFromAttributes({ ...settings.resource, 'service.name': settings.serviceName });
  const processor = new BatchSpanProcessor({
    exporter: new OTLPTraceExporter(settings.exporterUrl === null ? {} : { url: settings.exporterUrl }),
    ...(settings.exportDelayMs === undefined ? {} : { scheduledDelayMillis: settings.exportDelayMs }),
  });
  return {
    record: (span) => processor.onEnd(readable(span, resource)),
    shutdown: async () => {
      const sent = processor.shutdown().catch((error: unknown) => onExportError?.(error));
      // The exporter tries again for 10 s; a receiver that is away must not hold up the end of a process so long.
      const limit = new AbortController();
      await Promise.race([sent, wait(SHUTDOWN_MS, undefined, { signal: limit.signal, ref: false }).catch(() => undefined)]);
      limit.abort();
    },
  };
}

function readable(span: FinishedSpan, resource: Resource): ReadableSpan {
  const { context } = span;
  // A failed span of an unsampled trace is exported too: the processor goes by this flag.
  const own = { traceId: context.traceId, spanId: context.spanId, traceFlags: TraceFlags.SAMPLED };
  const failed = span.errorCode !== undefined;
  return {
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => own,
    ...(context.parentSpanId === null
      ? {}
      : {
          parentSpanContext: {
            traceId: context.traceId,
            spanId: context.parentSpanId,
            traceFlags: own.traceFlags,
            isRemote: true,
          },
        }),
    startTime: hrTime(span.startMs),
    endTime: hrTime(span.endMs),
    duration: hrTime(Math.max(0, span.endMs - span.startMs)),
    status: failed ? { code: SpanStatusCode.ERROR, message: span.errorCode ?? '' } : { code: SpanStatusCode.UNSET },
    attributes: {
      ...(span.attributes as Record<string, string | number | boolean | string[]>),
      ...(failed ? { [ATTRIBUTES.errorType]: span.errorCode ?? '' } : {}),
    },
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}
