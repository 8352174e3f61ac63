import { FAILURE_CLASSES, type FailureClass, type RouteFallback } from '@tollgate/contracts';
import { type Answer, type Done, deployment, GOOD, route, type Vendor, World } from './world.ts';

const AT_ONCE: readonly FailureClass[] = ['context_window', 'content_policy'];
const failing = (failure: FailureClass, retryAfterMs?: number): Vendor => {
  const answer: Answer = { failure, firstByteMs: 5, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  return () => answer;
};

/** Every class, with every number of targets and attempts, and fallbacks that are meant for it, for another one, and none. */
export async function tryFallbacks(random: () => number): Promise<{ cases: number; wrong: string[] }> {
  const wrong: string[] = [];
  let cases = 0;
  for (const failure of FAILURE_CLASSES) {
    const other = FAILURE_CLASSES.find((each) => each !== failure) as FailureClass;
    const choices: readonly (readonly [string, readonly RouteFallback[], boolean])[] = [
      ['for it', [{ on: [failure], model: 'spare' }], true],
      ['for another', [{ on: [other], model: 'spare' }], false],
      [
        'the second is for it',
        [
          { on: [other], model: 'nowhere' },
          { on: [other, failure], model: 'spare' },
        ],
        true,
      ],
      ['none', [], false],
    ];
    for (const targets of [1, 2, 3]) {
      for (const maxAttempts of [1, 2, 3, 5]) {
        for (const [name, fallbacks, helps] of choices) {
          const ids = Array.from({ length: targets }, (_, i) => `t${i}`);
          const world = new World({
            deployments: [...ids, 'spare'].map((id) => deployment(id)),
            routes: [route('m', ids, { maxAttempts, fallbacks: [...fallbacks] }), route('spare', ['spare'])],
            vendors: Object.fromEntries(ids.map((id) => [id, failing(failure)])),
            random,
          });
          world.call('m');
          await world.queue.run(600_000);
          cases += 1;
          const problem = misfit(world.done[0], { failure, targets, maxAttempts, helps });
          if (problem !== null)
            wrong.push(`${failure}, ${targets} targets, ${maxAttempts} attempts, fallback ${name}: ${problem}`);
        }
      }
    }
  }
  return { cases, wrong };
}

/** What is promised, said once more and apart from the product's code. */
function misfit(
  done: Done | undefined,
  { failure, targets, maxAttempts, helps }: { failure: FailureClass; targets: number; maxAttempts: number; helps: boolean },
): string | null {
  if (done === undefined) return 'did not end';
  const asked = done.attempts.map(({ deploymentId }) => deploymentId);
  const own = asked.filter((id) => id !== 'spare');
  if (done.answered !== helps) return `${done.answered ? 'answered' : 'failed'}: ${asked}`;
  if (own.length !== (AT_ONCE.includes(failure) ? 1 : maxAttempts)) return `${own.length} attempts at its own targets: ${asked}`;
  const first = own.slice(0, targets);
  if (new Set(first).size !== Math.min(targets, own.length)) return `a target twice before another once: ${asked}`;
  if (own.some((id, i) => id !== own[i % targets])) return `another order the second time: ${asked}`;
  if (helps !== (asked.at(-1) === 'spare') || asked.filter((id) => id === 'spare').length > 1) return `the fallback: ${asked}`;
  return null;
}

/** Anything that may happen on the way, and what must hold whatever happens. */
export async function tryCourses(random: () => number, runs: number): Promise<{ attempts: number; wrong: string[] }> {
  const wrong: string[] = [];
  let attempts = 0;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  for (let run = 0; run < runs; run += 1) {
    const ids = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, i) => `t${i}`);
    const spares = ['s0', 's1', 's2'];
    const vendor: Vendor = () => {
      if (random() < 0.15) return GOOD;
      const retryAfterMs = random() < 0.5 ? Math.floor(random() * 6_000) : null;
      return {
        failure: pick(FAILURE_CLASSES),
        firstByteMs: random() * 3_000,
        ...(retryAfterMs === null ? {} : { retryAfterMs }),
      };
    };
    const totalMs = 500 + Math.floor(random() * 20_000);
    const fallbacks = spares
      .filter(() => random() < 0.6)
      .map((model) => ({ on: FAILURE_CLASSES.filter(() => random() < 0.4), model }))
      .filter(({ on }) => on.length > 0);
    const maxAttempts = 1 + Math.floor(random() * 10);
    const timeouts = { connectMs: 1, firstByteMs: 1, idleMs: 1, totalMs };
    const world = new World({
      deployments: [...ids, ...spares].map((id) => deployment(id)),
      routes: [
        route('m', ids, { maxAttempts, fallbacks, timeouts }),
        ...spares.map((id) => route(id, [id], { maxAttempts: 2, timeouts })),
      ],
      vendors: Object.fromEntries([...ids, ...spares].map((id) => [id, vendor])),
      random,
    });
    world.call('m');
    await world.queue.run(600_000);
    const [done] = world.done;
    attempts += done?.attempts.length ?? 0;
    const problem = done === undefined ? 'did not end' : broken(done, totalMs);
    if (problem !== null) wrong.push(`run ${run}: ${problem}`);
  }
  return { attempts, wrong };
}

const RETRY_AFTER_MS_MAX = 2_000;

function broken({ attempts, answered }: Done, totalMs: number): string | null {
  if (attempts.length === 0) return 'not tried at all';
  if (attempts.length > 12) return `${attempts.length} attempts`;
  if (answered !== (attempts.at(-1)?.failure === null)) return 'the end is not that of the last attempt';
  if (attempts.slice(0, -1).some(({ failure }) => failure === null)) return 'went on after an answer';
  const began = attempts[0]?.at ?? 0;
  const routes: string[] = [];
  for (const [i, { pauseMs, deploymentId, at, route: its }] of attempts.entries()) {
    if (routes.at(-1) !== its.id) routes.push(its.id);
    const before = attempts[i - 1];
    if (before === undefined) continue;
    if (at - began >= totalMs) return 'an attempt after the deadline';
    if (pauseMs > 0 && before.deploymentId !== deploymentId) return 'waited before another deployment';
    if (pauseMs > RETRY_AFTER_MS_MAX) return `waited ${pauseMs} ms`;
    const same = before.deploymentId === deploymentId && before.route === its;
    if (same && before.retryAfterMs !== null && pauseMs < before.retryAfterMs) return 'did not wait as long as Retry-After says';
    if (before.route !== its) {
      const fallback = attempts[0]?.route.fallbacks?.find(({ model }) => `route_${model}` === its.id);
      if (fallback?.on.includes(before.failure as FailureClass) !== true)
        return `a fallback for ${before.failure} that is not meant for it`;
    } else if (AT_ONCE.includes(before.failure as FailureClass)) return `${before.failure} tried again at the same model`;
  }
  if (new Set(routes).size !== routes.length) return `a fallback twice: ${routes}`;
  for (const id of routes) {
    const own = attempts.filter(({ route: its }) => its.id === id);
    if (own.length > (own[0]?.route.maxAttempts ?? 0)) return `${own.length} attempts of ${id}`;
  }
  return null;
}
