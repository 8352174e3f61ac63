import { readProtobuf } from './read-protobuf.js';

export type ReceivedValue = string | number | boolean | readonly ReceivedValue[] | null;

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty at the root. */
  readonly parentSpanId: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, ReceivedValue>>;
  /** `service.name` of the resource. */
  readonly service: string;
  /** 0 unset, 1 ok, 2 error. */
  readonly statusCode: number;
}

const children = (bytes: Buffer, number: number): Buffer[] =>
  [...readProtobuf(bytes)].flatMap((field) => (field.number === number && Buffer.isBuffer(field.value) ? [field.value] : []));

/** Reads an `ExportTraceServiceRequest` (https://github.com/open-telemetry/opentelemetry-proto, trace/v1/trace.proto). */
export function readSpans(body: Buffer): ReceivedSpan[] {
  const spans: ReceivedSpan[] = [];
  for (const resourceSpans of children(body, 1)) {
    const [resource] = children(resourceSpans, 1);
    const service = String(resource === undefined ? '' : (attributesOf(children(resource, 1))['service.name'] ?? ''));
    for (const scopeSpans of children(resourceSpans, 2)) {
      for (const span of children(scopeSpans, 2)) spans.push(readSpan(span, service));
    }
  }
  return spans;
}

function readSpan(bytes: Buffer, service: string): ReceivedSpan {
  const span = {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    name: '',
    kind: 0,
    startNs: 0n,
    endNs: 0n,
    attributes: {},
    service,
    statusCode: 0,
  };
  const attributes: Buffer[] = [];
  for (const { number, value } of readProtobuf(bytes)) {
    if (!Buffer.isBuffer(value)) {
      if (number === 6) span.kind = Number(value);
      else if (number === 7) span.startNs = value;
      else if (number === 8) span.endNs = value;
    } else if (number === 1) span.traceId = value.toString('hex');
    else if (number === 2) span.spanId = value.toString('hex');
    else if (number === 4) span.parentSpanId = value.toString('hex');
    else if (number === 5) span.name = value.toString('utf8');
    else if (number === 9) attributes.push(value);
    else if (number === 15) span.statusCode = Number([...readProtobuf(value)].find((field) => field.number === 3)?.value ?? 0);
  }
  span.attributes = attributesOf(attributes);
  return span;
}

function attributesOf(pairs: readonly Buffer[]): Record<string, ReceivedValue> {
  const attributes: Record<string, ReceivedValue> = {};
  for (const pair of pairs) {
    const [key] = children(pair, 1);
    const [value] = children(pair, 2);
    if (key !== undefined) attributes[key.toString('utf8')] = value === undefined ? null : readValue(value);
  }
  return attributes;
}

function readValue(bytes: Buffer): ReceivedValue {
  for (const { number, value } of readProtobuf(bytes)) {
    if (Buffer.isBuffer(value)) {
      if (number === 1) return value.toString('utf8');
      if (number === 5) return children(value, 1).map(readValue);
    } else if (number === 2) return value !== 0n;
    else if (number === 3) return Number(BigInt.asIntN(64, value));
    else if (number === 4) {
      const double = Buffer.alloc(8);
      double.writeBigUInt64LE(value);
      return double.readDoubleLE();
    }
  }
  return null;
}
