/** What goes wrong with one call, though the request was good. `after` counts frames that carry words of the answer. */
export type Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterMs: number }
  /** The first `times` calls to the model are refused, with a Retry-After; then the window is over. */
  | { readonly kind: 'window'; readonly times: number; readonly status: number; readonly retryAfterMs: number }
  /** Breaks the connection. */
  | { readonly kind: 'cut'; readonly after: number }
  /** Half a line (half a message) and then nothing, with the connection left open; `ends`: or closed as if all were well. */
  | { readonly kind: 'half'; readonly after: number; readonly ends: boolean }
  /** A frame of the right form with nonsense in it. */
  | { readonly kind: 'malformed'; readonly after: number }
  /** The vendor's error in a stream that began with 200; 0: before any word. */
  | { readonly kind: 'overload'; readonly after: number }
  /** The stream ends without its last frames. */
  | { readonly kind: 'no-end' }
  /** Takes the request and never answers. */
  | { readonly kind: 'silent' }
  /** Good frames, then nothing more. */
  | { readonly kind: 'stall'; readonly after: number }
  /** So many bytes at a time, `everyMs` apart: frames arrive in pieces. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number }
  /** The first frame with words comes twice. */
  | { readonly kind: 'duplicate' }
  /** A frame with words comes once more after the last one. */
  | { readonly kind: 'late' }
  | { readonly kind: 'empty' }
  /** What a prompt that is too long, an account without money and a prompt against the rules get. */
  | { readonly kind: 'context-window' | 'quota' | 'content-policy' }
  /** A comment of SSE before every event, as proxies send them to keep a connection alive. */
  | { readonly kind: 'comments' }
  | { readonly kind: 'html' }
  /** A good body under `text/plain`. */
  | { readonly kind: 'wrong-type' }
  | { readonly kind: 'redirect' }
  /** A good answer; the first byte comes so late, and frames so far apart. */
  | { readonly kind: 'slow'; readonly firstByteMs: number; readonly everyMs: number }
  /** First byte by percentile: of each 100 calls 50 wait p50, 45 p95 and 5 p99. */
  | { readonly kind: 'latency'; readonly p50: number; readonly p95: number; readonly p99: number };

export const NO_FAULT: Fault = { kind: 'none' };

/** No timer of the simulation runs longer. */
export const WAIT_MS_MAX = 60_000;

const bounded = (ms: number): number => Math.min(ms, WAIT_MS_MAX);

/**
 * Reads a fault's name: `429`, `429-2000ms`, `500`, `529`, `window-3`, `flaky-2`, `cut-3`, `half-3`, `half-end-3`,
 * `malformed-1`, `overload`, `overload-3`, `no-end`, `silent`, `stall-3`, `drip`, `drip-7b-2ms`, `duplicate`, `late`,
 * `empty`, `comments`, `context-window`, `quota`, `content-policy`, `html`, `wrong-type`, `redirect`, `wait-50ms`, `slow-20ms`, `latency-5-50-200`. Null: no fault of that name.
 */
export function readFault(name: string): Fault | null {
  const [, word = '', digits = ''] = /^([a-z]+(?:-[a-z]+)*|)-?([0-9].*)?$/.exec(name) ?? [];
  const numbers = digits.match(/\d+/g)?.map(Number) ?? [];
  const [first, second, third] = numbers;
  const after = first ?? 2;
  switch (word) {
    case '':
      if (first === undefined || first < 400 || first > 599) return null;
      return { kind: 'status', status: first, retryAfterMs: bounded(second ?? 1_000) };
    case 'window':
      return { kind: 'window', times: first ?? 1, status: 429, retryAfterMs: bounded(second ?? 1_000) };
    case 'flaky':
      return { kind: 'window', times: first ?? 1, status: 500, retryAfterMs: 0 };
    case 'cut':
    case 'malformed':
    case 'stall':
      return { kind: word, after };
    case 'overload':
      return { kind: 'overload', after: first ?? 0 };
    case 'half':
      return { kind: 'half', after, ends: false };
    case 'half-end':
      return { kind: 'half', after, ends: true };
    case 'drip':
      return { kind: 'drip', bytes: first ?? 7, everyMs: bounded(second ?? 1) };
    case 'wait':
      return { kind: 'slow', firstByteMs: bounded(first ?? 50), everyMs: 0 };
    case 'slow':
      return { kind: 'slow', firstByteMs: 0, everyMs: bounded(first ?? 20) };
    case 'latency':
      return { kind: 'latency', p50: bounded(first ?? 5), p95: bounded(second ?? 50), p99: bounded(third ?? 200) };
    case 'no-end':
    case 'silent':
    case 'duplicate':
    case 'late':
    case 'empty':
    case 'html':
    case 'wrong-type':
    case 'redirect':
    case 'comments':
    case 'context-window':
    case 'quota':
    case 'content-policy':
      return { kind: word };
    default:
      return null;
  }
}

/** The fault that a model's name asks for: what follows `sim-`, as in `claude-sim-cut-3`. */
export function faultOfModel(model: string): Fault {
  const [, name = ''] = /(?:^|[^a-z])sim-([a-z0-9-]+)/.exec(model) ?? [];
  return readFault(name) ?? NO_FAULT;
}

/** Where the first byte of call `number` falls: a fixed order of the hundred, slow ones spread among the quick. */
export function waitOfPercentile(fault: Extract<Fault, { kind: 'latency' }>, number: number): number {
  const place = (number * 37) % 100;
  if (place < 50) return fault.p50;
  return place < 95 ? fault.p95 : fault.p99;
}
