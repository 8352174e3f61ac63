import { NO_USAGE } from '@tollgate/contracts';
import { estimateInput } from '@tollgate/dialects';
import type { ErrorCode } from '@tollgate/kernel';
import { priceUsage } from '@tollgate/policy';
import { round } from './answer-headers.js';
import type { Call } from './call.js';
import { noteEnd, SILENT } from './note-health.js';

/** Ends the attempt under way from our side; what its adapter saw comes to analytics from there and beats our estimate. */
export function cutAttempt(call: Call, code: ErrorCode): void {
  if (call.retryTimer !== null) clearTimeout(call.retryTimer);
  call.retryTimer = null;
  const { attempt } = call;
  if (attempt === null) return;
  attempt.over = true;
  attempt.stream?.cancel(code);
  estimateAttempt(call, code);
}

/** Nobody told us what was used: input bounded from bytes, output counted by frames that passed. */
export function estimateAttempt(call: Call, code: ErrorCode): void {
  const { attempt } = call;
  if (attempt === null) return;
  call.attempt = null;
  noteEnd(call, SILENT);
  const { row } = attempt;
  row.errorCode = code;
  row.durationMs = round(call.gate.clock.monotonic() - attempt.startedMono);
  row.usage = { ...NO_USAGE, input: estimateInput(call.bodyBytes), output: attempt.frames };
  row.basis = 'estimated';
  row.cost = priceUsage(row.price, row.usage);
}
