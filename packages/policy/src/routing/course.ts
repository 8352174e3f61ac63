import type { FailureClass, RoutingDeployment, RoutingRoute } from '@tollgate/contracts';
import type { Plan, PlannedFallback } from './plan.js';
import type { RetryBudget } from './retry-budget.js';

/** What the relay knows of an attempt that has failed before the first byte of an answer. */
export interface AttemptFailure {
  /** null = of the gateway itself. */
  readonly failure: FailureClass | null;
  /** The error table says that another attempt can help. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
  /** Until the deadline of the call. */
  readonly leftMs: number;
}

/** A provider's Retry-After is waited for up to here; a longer one goes to the caller. */
const RETRY_AFTER_MS_MAX = 2_000;
const PAUSE_MS = 50;
const PAUSE_MS_MAX = 1_000;
/** Fallbacks included. */
const ATTEMPTS_MAX = 12;
/** The next target will say the same: these go to their fallback at once. */
const OF_THE_MODEL: readonly FailureClass[] = ['context_window', 'content_policy'];

/** The way of one call along its plan: which deployment now, and where to go after a failure. */
export class Course {
  route: RoutingRoute;
  /** The name that the model is asked for by, where a fallback was taken; null = the caller's own. */
  model: string | null = null;
  private attempts: readonly RoutingDeployment[];
  private at = 0;
  private made = 1;
  private taken: PlannedFallback[] | null = null;

  constructor(private readonly plan: Plan) {
    this.route = plan.route;
    this.attempts = plan.attempts;
  }

  /** The deployment to be tried, or that is being tried. */
  get deployment(): RoutingDeployment {
    return this.attempts[this.at] as RoutingDeployment;
  }

  /**
   * Goes on to the next deployment and gives the milliseconds to wait before it; null = the failure is the answer. Another
   * deployment is tried at once. The same one again after a pause, if the budget of retries has room: a provider in trouble
   * must not get its load doubled by us.
   */
  advance(failed: AttemptFailure, budget: RetryBudget, random: () => number): number | null {
    if (this.made >= ATTEMPTS_MAX || failed.leftMs <= 0) return null;
    const ofTheModel = failed.failure !== null && OF_THE_MODEL.includes(failed.failure);
    if (ofTheModel) return this.fallBack(failed);
    if (!failed.retryable) return null;
    const next = this.attempts[this.at + 1];
    if (next === undefined) return this.fallBack(failed);
    const pauseMs = next === this.deployment ? pauseBefore(this.at, failed, random) : 0;
    if (pauseMs === null || (this.wasTried(next) && !budget.take())) return this.fallBack(failed);
    this.at += 1;
    this.made += 1;
    return pauseMs;
  }

  private wasTried(deployment: RoutingDeployment): boolean {
    return this.attempts.indexOf(deployment) <= this.at;
  }

  private fallBack({ failure }: AttemptFailure): number | null {
    if (failure === null) return null;
    for (const fallback of this.plan.fallbacks) {
      if (!fallback.on.includes(failure) || this.taken?.includes(fallback)) continue;
      this.taken ??= [];
      this.taken.push(fallback);
      this.route = fallback.route;
      this.model = fallback.model;
      this.attempts = fallback.attempts;
      this.at = 0;
      this.made += 1;
      return 0;
    }
    return null;
  }
}

function pauseBefore(at: number, { retryAfterMs, leftMs }: AttemptFailure, random: () => number): number | null {
  const backoffMs = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** at) * (0.5 + random());
  const pauseMs = Math.max(backoffMs, retryAfterMs ?? 0);
  return pauseMs > RETRY_AFTER_MS_MAX || pauseMs >= leftMs ? null : pauseMs;
}
