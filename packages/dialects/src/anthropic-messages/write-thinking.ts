import type { Effort, Reasoning } from '../canonical/canonical-request.js';
import type { Drops } from '../canonical/drops.js';
import type { Target } from '../canonical/target.js';
import type { JsonObject } from '../json/json-value.js';

export interface Thinking {
  readonly thinking?: JsonObject;
  readonly effort?: string;
  readonly on: boolean;
}

export interface ThinkingContext {
  readonly own: boolean;
  readonly maxTokens: number;
  readonly target: Target;
  readonly drops: Drops;
}

/** The API's least. */
const BUDGET_MIN = 1024;
const BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 4096,
  medium: 10_240,
  high: 24_576,
  xhigh: 32_000,
  max: 48_000,
};

const OFF: Thinking = { on: false };

/** How the model is to think (https://platform.claude.com/docs/en/build-with-claude/thinking). */
export function writeThinking(reasoning: Reasoning | undefined, context: ThinkingContext): Thinking {
  if (reasoning === undefined) return OFF;
  const { effort, budgetTokens, adaptive, show } = reasoning;
  const { own, target, drops } = context;
  const off = effort === 'none' || budgetTokens === 0;
  if (own) return writeOwn(reasoning);
  if (target.reasoning === 'none') {
    if (!off) drops.add('reasoning_effort');
    return OFF;
  }
  if (off) return { thinking: { type: 'disabled' }, on: false };
  if (effort === undefined && budgetTokens === undefined && !adaptive) return OFF;
  if (target.reasoning === 'effort') {
    const display = show === undefined ? undefined : show === 'none' ? 'omitted' : 'summarized';
    return {
      thinking: { type: 'adaptive', display },
      effort: effort === 'minimal' ? 'low' : (effort ?? effortFor(budgetTokens)),
      on: true,
    };
  }
  const wanted = budgetTokens !== undefined && budgetTokens > 0 ? budgetTokens : BUDGETS[effort ?? 'medium'];
  // The budget is part of the bound: what is left must hold an answer.
  const budget = Math.min(wanted, context.maxTokens - 1);
  if (budget < BUDGET_MIN) {
    drops.add('reasoning_effort');
    return OFF;
  }
  return { thinking: { type: 'enabled', budget_tokens: budget }, on: true };
}

function effortFor(budget: number | undefined): string | undefined {
  if (budget === undefined || budget < 0) return undefined;
  if (budget <= BUDGETS.low) return 'low';
  return budget <= BUDGETS.medium ? 'medium' : 'high';
}

/** What a caller of this dialect said, in its own words. */
function writeOwn({ effort, budgetTokens, adaptive, show }: Reasoning): Thinking {
  const display = show === 'none' ? 'omitted' : show === 'summary' ? 'summarized' : undefined;
  if (effort === 'none') return { thinking: { type: 'disabled' }, on: false };
  if (adaptive) return { thinking: { type: 'adaptive', display }, effort, on: true };
  if (budgetTokens !== undefined)
    return { thinking: { type: 'enabled', budget_tokens: budgetTokens, display }, effort, on: true };
  return { effort, on: false };
}
