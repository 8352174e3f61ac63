import type { Bound, Bounds } from './bounds.js';
import type { Call } from './call.js';

/** OpenAI's format of a wait: `20ms`, `1.5s`, `6m0s`. */
export function formatReset(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)}ms`;
  if (ms < 60_000) return `${Math.ceil(ms / 100) / 10}s`;
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** What every answer of a call carries, as name and value in turn. */
export function answerHeaders(call: Call): string[] {
  const headers = ['x-request-id', call.clientRequestId ?? call.id, 'x-tollgate-request-id', call.id];
  if (call.bounds !== null) pushLimits(call, call.bounds, headers);
  if (call.gate.draining()) headers.push('connection', 'close');
  return headers;
}

/** Of the tightest limit of each kind. A call's tokens come back as far as it does not use them, so they count as used here. */
function pushLimits(call: Call, { requests, tokens }: Bounds, headers: string[]): void {
  if (requests !== null) pushLimit(call, requests, headers);
  if (tokens !== null) pushLimit(call, tokens, headers);
}

function pushLimit(call: Call, { bucket, kind }: Bound, headers: string[]): void {
  const view = call.gate.quota.view(bucket);
  if (view === null) return;
  headers.push(`x-ratelimit-limit-${kind}`, String(view.limit), `x-ratelimit-remaining-${kind}`, String(view.remaining));
  headers.push(`x-ratelimit-reset-${kind}`, formatReset(view.resetMs));
}

/** Who answered, and what it took; for answers that came from an upstream. */
export function pushUpstreamHeaders(call: Call, headers: string[], upstreamMs: number): void {
  const last = call.attempts[call.attempts.length - 1];
  if (last !== undefined) headers.push('x-tollgate-provider', last.provider, 'x-tollgate-model', headerText(last.upstreamModel));
  headers.push('x-tollgate-attempts', String(call.attempts.length));
  const overhead = Math.max(0, call.elapsedMs() - upstreamMs);
  call.overheadMs = round(overhead);
  const overheadText = twoDecimals(overhead);
  headers.push('x-tollgate-overhead-ms', overheadText);
  headers.push('server-timing', `gateway;dur=${overheadText}, upstream;dur=${twoDecimals(upstreamMs)}`);
}

export const round = (ms: number): number => Math.round(ms * 1000) / 1000;
/** `toFixed` is a slow way to say it. */
const twoDecimals = (ms: number): string => String(Math.round(ms * 100) / 100);
/** Model names may hold anything; a header may not. */
export const headerText = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');
