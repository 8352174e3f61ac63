import type { FailureClass, RoutingDeployment, RoutingRoute } from '@tollgate/contracts';
import { type BreakerSettings, Course, HealthBook, indexSnapshot, plan, RetryBudget, type RoutingIndex } from '@tollgate/policy';
import { EventQueue } from '../rate-limit/event-queue.ts';

export interface Answer {
  /** null = good. */
  readonly failure: FailureClass | null;
  readonly retryAfterMs?: number;
  readonly firstByteMs: number;
  /** From the first byte to the last. */
  readonly lastsMs?: number;
}
/** What a deployment does with a call that begins now. */
export type Vendor = (now: number, inFlight: number) => Answer;

export interface Tried {
  readonly deploymentId: string;
  readonly at: number;
  /** Waited for before it. */
  readonly pauseMs: number;
  readonly failure: FailureClass | null;
  readonly retryAfterMs: number | null;
  /** As the router was told to fail it; a fallback has its own. */
  readonly route: RoutingRoute;
}
export interface Done {
  readonly attempts: readonly Tried[];
  readonly answered: boolean;
}

const FINAL: readonly FailureClass[] = ['context_window', 'content_policy'];
export const GOOD: Answer = { failure: null, firstByteMs: 10 };

export const deployment = (id: string, more: Partial<RoutingDeployment> = {}): RoutingDeployment => ({
  id,
  provider: 'p',
  upstreamModel: id,
  serves: [{ endpoint: 'chat.completions', dialect: 'openai-chat' }],
  contextTokens: null,
  maxOutputTokens: null,
  price: null,
  credentialId: `cred_${id}`,
  ...more,
});

export const route = (model: string, ids: readonly string[], more: Partial<RoutingRoute> = {}): RoutingRoute => ({
  id: `route_${model}`,
  model,
  organisationId: null,
  targets: ids.map((deploymentId) => ({ deploymentId, priority: 0, weight: 1 })),
  maxAttempts: 3,
  timeouts: { connectMs: 5_000, firstByteMs: 60_000, idleMs: 60_000, totalMs: 600_000 },
  created: 0,
  listed: true,
  ...more,
});

export interface WorldSettings {
  readonly deployments: readonly RoutingDeployment[];
  readonly routes: readonly RoutingRoute[];
  readonly vendors: Readonly<Record<string, Vendor>>;
  readonly random: () => number;
  readonly breaker?: BreakerSettings;
}

/** One router's decisions, the product's own, among vendors that are played and under a clock that is moved by hand. */
export class World {
  readonly queue = new EventQueue();
  readonly health: HealthBook;
  readonly retries: RetryBudget;
  readonly done: Done[] = [];
  /** Calls under way, by what the vendors see. */
  readonly inFlight = new Map<string, number>();
  index: RoutingIndex;
  private readonly settings: WorldSettings;

  constructor(settings: WorldSettings) {
    this.settings = settings;
    this.health = new HealthBook(settings.breaker);
    this.retries = new RetryBudget(() => this.queue.now);
    this.index = this.indexOf(settings.deployments, settings.routes);
  }

  /** What a change of the catalogue does. */
  change(deployments: readonly RoutingDeployment[], routes: readonly RoutingRoute[]): void {
    this.index = this.indexOf(deployments, routes);
    this.health.keepOnly(this.index.deployments);
  }

  call(
    model: string,
    { affinityKey = null, tokens = [1_000, 500] }: { affinityKey?: string | null; tokens?: [number, number] } = {},
  ): void {
    const { random } = this.settings;
    const planned = plan(
      this.index,
      { model, organisationId: 'org', endpoint: 'chat.completions', dialects: ['openai-chat'], modelAllowed: () => true },
      { health: this.health, now: this.queue.now, random, affinityKey, inputTokens: tokens[0], outputTokens: tokens[1] },
    );
    if (!planned.ok) {
      this.done.push({ attempts: [], answered: false });
      return;
    }
    this.retries.deposit();
    this.attempt(new Course(planned), [], 0, this.queue.now + planned.route.timeouts.totalMs);
  }

  private attempt(course: Course, attempts: Tried[], pauseMs: number, deadline: number): void {
    const { queue, health, settings } = this;
    const target = course.deployment;
    const running = this.inFlight.get(target.id) ?? 0;
    const answer = settings.vendors[target.id]?.(queue.now, running) ?? GOOD;
    this.inFlight.set(target.id, running + 1);
    health.begin(target, queue.now);
    const { failure, retryAfterMs = null, firstByteMs, lastsMs = 0 } = answer;
    attempts.push({ deploymentId: target.id, at: queue.now, pauseMs, failure, retryAfterMs, route: course.route });
    queue.after(firstByteMs, () => {
      if (failure === null) health.answering(target, firstByteMs, queue.now);
      queue.after(lastsMs, () => {
        this.inFlight.set(target.id, (this.inFlight.get(target.id) ?? 1) - 1);
        if (failure === null) {
          health.end(target, { kind: 'answered' }, queue.now);
          this.done.push({ attempts, answered: true });
          return;
        }
        health.end(target, { kind: 'failed', failure, retryAfterMs }, queue.now);
        const failed = { failure, retryable: !FINAL.includes(failure), retryAfterMs, leftMs: deadline - queue.now };
        const next = course.advance(failed, this.retries, settings.random);
        if (next === null) this.done.push({ attempts, answered: false });
        else queue.after(next, () => this.attempt(course, attempts, next, deadline));
      });
    });
  }

  private indexOf(deployments: readonly RoutingDeployment[], routes: readonly RoutingRoute[]): RoutingIndex {
    return indexSnapshot({ v: 1, view: 'routing', epoch: 'e', revision: 1, deployments: [...deployments], routes: [...routes] });
  }
}

/** Calls at even distances, up to a time. */
export function every(world: World, ms: number, untilMs: number, work: (number: number) => void): void {
  let number = 0;
  const next = (): void => {
    if (world.queue.now >= untilMs) return;
    work(number);
    number += 1;
    world.queue.after(ms, next);
  };
  world.queue.after(0, next);
}

export const firstOf = ({ attempts }: Done): string => attempts[0]?.deploymentId ?? '';
export const shareOf = (done: readonly Done[], id: string): number =>
  done.length === 0 ? 0 : done.filter((one) => firstOf(one) === id).length / done.length;
