import { createRandomHex } from './random-hex.js';
import type { TraceContext, Tracer } from './trace-context.js';
import { formatTraceparent, parseTraceparent } from './traceparent.js';
import type { TracerSettings } from './tracer-settings.js';

/**
 * Trace contexts without SDK objects; only a span that is wanted becomes one. Async, because the exporter's code is
 * loaded only where one is configured.
 */
export async function createTracer(settings: TracerSettings): Promise<Tracer> {
  const randomHex = createRandomHex(settings.randomBytes);
  const threshold = Math.round(settings.sampleRatio * 0x1_0000_0000);
  const exporting = settings.exporterUrl !== null;
  const exporter = exporting ? await (await import('./span-exporter.js')).createSpanExporter(settings) : null;

  const root = (): TraceContext => {
    const traceId = randomHex(16);
    return {
      traceId,
      spanId: randomHex(8),
      parentSpanId: null,
      // From the id itself, so that another service that looks at the same id decides the same.
      sampled: Number.parseInt(traceId.slice(24), 16) < threshold,
    };
  };
  return {
    start: (traceparent) => {
      const parent = traceparent === null ? null : parseTraceparent(traceparent);
      if (parent === null) return root();
      return { traceId: parent.traceId, spanId: randomHex(8), parentSpanId: parent.spanId, sampled: parent.sampled };
    },
    child: (context) => ({
      traceId: context.traceId,
      spanId: randomHex(8),
      parentSpanId: context.spanId,
      sampled: context.sampled,
    }),
    traceparent: formatTraceparent,
    wants: (context, failed) => exporting && (context.sampled || failed),
    record: (span) => exporter?.record(span),
    shutdown: async () => exporter?.shutdown(),
  };
}
