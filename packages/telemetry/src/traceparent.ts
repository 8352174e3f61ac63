import type { TraceContext } from './trace-context.js';

export interface RemoteParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

const SHAPE = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/**
 * Strictly as https://www.w3.org/TR/trace-context/#traceparent-header says: lower-case hex, no all-zero ids, version `ff`
 * forbidden, version `00` without a tail, later versions with any tail after a dash. Null where it is none.
 */
export function parseTraceparent(header: string): RemoteParent | null {
  if (header.length < 55 || header.length > 512) return null;
  const match = SHAPE.exec(header);
  if (match === null) return null;
  const [, version, traceId, spanId, flags, tail] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string | undefined,
  ];
  if (version === 'ff' || (version === '00' && tail !== undefined)) return null;
  if (traceId === NO_TRACE || spanId === NO_SPAN) return null;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export const formatTraceparent = (context: TraceContext): string =>
  `00-${context.traceId}-${context.spanId}-${context.sampled ? '01' : '00'}`;
