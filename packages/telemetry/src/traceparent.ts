import type { TraceContext } from './trace-context.js';

export interface RemoteParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

const SHAPE = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const DASH = 45;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/**
 * Strictly as https://www.w3.org/TR/trace-context/#traceparent-header says: lower-case hex, no all-zero ids, version `ff`
 * forbidden, version `00` without a tail, later versions with any tail after a dash. Null where it is none.
 */
export function parseTraceparent(header: string): RemoteParent | null {
  if (header.length < 55 || header.length > 512) return null;
  if (header.length === 55 && header.startsWith('00-')) return parseVersionZero(header);
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

/** The form that all send today, without the arrays of a regular expression: read once per call and process. */
function parseVersionZero(header: string): RemoteParent | null {
  for (let index = 3; index < 55; index += 1) {
    const code = header.charCodeAt(index);
    const good = index === 35 || index === 52 ? code === DASH : (code >= 48 && code <= 57) || (code >= 97 && code <= 102);
    if (!good) return null;
  }
  const traceId = header.slice(3, 35);
  const spanId = header.slice(36, 52);
  if (traceId === NO_TRACE || spanId === NO_SPAN) return null;
  return { traceId, spanId, sampled: (Number.parseInt(header.slice(53), 16) & 1) === 1 };
}

export const formatTraceparent = (context: TraceContext): string =>
  `00-${context.traceId}-${context.spanId}-${context.sampled ? '01' : '00'}`;
