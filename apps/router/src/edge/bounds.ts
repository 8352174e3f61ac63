import type { BudgetSpec, LimitSpec, TokenPolicy } from '@tollgate/contracts';
import { type CountedLimit, matchGlob } from '@tollgate/policy';

/** A limit as it is counted, with what a message says of it. */
export interface Bound extends CountedLimit {
  readonly subject: LimitSpec['subject'];
  readonly models: string | null;
}

/** What one call of a token must take from. */
export interface Bounds {
  readonly limits: readonly Bound[];
  readonly budgets: readonly BudgetSpec[];
  /** Some of it is counted in tokens or money: the size of the call matters. */
  readonly sized: boolean;
  /** The smallest number of tokens that a limit admits at once; Infinity where none is counted in tokens. */
  readonly tokensMax: number;
  /** For the headers: the tightest of each kind, null where there is none. */
  readonly requests: Bound | null;
  readonly tokens: Bound | null;
}

interface Prepared {
  readonly all: Bounds;
  /** Some of them are for certain models. */
  readonly byModel: Map<string, Bounds> | null;
}

const NONE: Bounds = Object.freeze({
  limits: Object.freeze([]),
  budgets: Object.freeze([]),
  sized: false,
  tokensMax: Number.POSITIVE_INFINITY,
  requests: null,
  tokens: null,
});
/** Per token; callers choose the names of models. */
const MODELS_MAX = 64;

/** A policy lives as long as its snapshot: it is prepared once, not once per call. */
const prepared = new WeakMap<TokenPolicy, Prepared>();

/** What applies to a call of that model; the same object for all tokens that have no bounds. */
export function boundsOf(policy: TokenPolicy, model: string): Bounds {
  if (policy.limits.length === 0 && policy.budgets.length === 0) return NONE;
  let known = prepared.get(policy);
  if (known === undefined) {
    const specific = [...policy.limits, ...policy.budgets].some(({ models }) => models !== null);
    known = { all: bind(policy.limits, policy.budgets), byModel: specific ? new Map() : null };
    prepared.set(policy, known);
  }
  const { all, byModel } = known;
  if (byModel === null) return all;
  let bounds = byModel.get(model);
  if (bounds === undefined) {
    const applies = ({ models }: { readonly models: string | null }): boolean => models === null || matchGlob(models, model);
    bounds = bind(policy.limits.filter(applies), policy.budgets.filter(applies));
    if (byModel.size >= MODELS_MAX) byModel.clear();
    byModel.set(model, bounds);
  }
  return bounds;
}

function bind(specs: readonly LimitSpec[], budgets: readonly BudgetSpec[]): Bounds {
  const limits = specs.map(count);
  const tokens = tightest(limits, 'tokens');
  return {
    limits,
    budgets,
    sized: tokens !== null || budgets.length > 0,
    tokensMax: limits.reduce(
      (least, { kind, rate }) => (kind === 'tokens' ? Math.min(least, rate.burst) : least),
      Number.POSITIVE_INFINITY,
    ),
    requests: tightest(limits, 'requests'),
    tokens,
  };
}

const count = ({ bucket, kind, rate, subject, models }: LimitSpec): Bound => ({
  bucket,
  kind,
  rate: kind === 'concurrency' ? { limit: rate.limit, periodMs: 1, burst: rate.limit } : (rate as Bound['rate']),
  subject,
  models,
});

/** By what it admits in the long run. */
function tightest(limits: readonly Bound[], kind: Bound['kind']): Bound | null {
  const own = limits.filter((limit) => limit.kind === kind);
  return own.reduce<Bound | null>((least, limit) => (least === null || perMs(limit) < perMs(least) ? limit : least), null);
}

const perMs = ({ rate }: Bound): number => rate.limit / rate.periodMs;
