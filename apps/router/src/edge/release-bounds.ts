import type { UsageAttempt } from '@tollgate/contracts';
import { settleBudgets, toNano } from '@tollgate/policy';
import type { Call } from './call.js';

/** The call is over: slots and unused tokens go back, its budgets are charged what it cost. Twice changes nothing. */
export function releaseBounds(call: Call): void {
  const { holds, ticket, gate } = call;
  if (holds.length > 0) gate.quota.release(holds, call.attempts.reduce(addTokens, 0));
  if (ticket !== null) settleBudgets(ticket, costOf(call.attempts));
}

function addTokens(sum: number, { usage }: UsageAttempt): number {
  const { input, cacheRead, cacheWrite, inputAudio, output, reasoning, outputAudio } = usage;
  return sum + input + cacheRead + cacheWrite + inputAudio + output + reasoning + outputAudio;
}

/** Billionths; null = an attempt used something and nobody knows its price. */
function costOf(attempts: readonly UsageAttempt[]): number | null {
  let sum = 0;
  for (const { cost, basis } of attempts) {
    if (cost !== null) sum += toNano(cost.amount);
    else if (basis !== 'none') return null;
  }
  return sum;
}
