import type { RouteStrategy, RoutingDeployment } from '@tollgate/contracts';
import { boundCost } from '../budgets/bound-cost.js';
import { hashText, unitOfPair } from './hash.js';
import type { HealthBook } from './health-book.js';
import type { PreparedTarget } from './index-snapshot.js';

/** What a choice among targets goes by. */
export interface Circumstances {
  readonly health: HealthBook;
  /** Monotonic milliseconds. */
  readonly now: number;
  /** Gives numbers in [0, 1). */
  readonly random: () => number;
  /** Calls with the same text belong together; null = this one belongs to no other. */
  readonly affinityKey: string | null;
  /** About how large the call is; only costs are compared by it. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Index of the one to be tried first among two or more. */
type Choose = (targets: readonly PreparedTarget[], circumstances: Circumstances) => number;

const CHOOSE: Readonly<Record<RouteStrategy, Choose>> = {
  weighted: (targets, { random }) => drawByWeight(targets, random),
  affinity: chooseByAffinity,
  least_busy: (targets, circumstances) => chooseLeast(targets, busyness, circumstances),
  latency: chooseSooner,
  cost: (targets, circumstances) => chooseLeast(targets, cost, circumstances),
};

/** Appends the deployments of `left` to `order` as they are to be tried, and empties it. */
export function orderTargets(
  strategy: RouteStrategy,
  left: PreparedTarget[],
  circumstances: Circumstances,
  order: RoutingDeployment[],
): void {
  while (left.length > 1) {
    const at = keepTogether(left, CHOOSE[strategy](left, circumstances), strategy, circumstances);
    order.push((left[at] as PreparedTarget).deployment);
    left.splice(at, 1);
  }
  const last = left.pop();
  if (last !== undefined) order.push(last.deployment);
}

/** These look at each key's load themselves; all others would tear a conversation from the key where its prompt is cached. */
const BY_LOAD: readonly RouteStrategy[] = ['least_busy', 'latency'];

/** Of a model behind several keys: the one that calls like this one go to. */
function keepTogether(
  targets: readonly PreparedTarget[],
  at: number,
  strategy: RouteStrategy,
  circumstances: Circumstances,
): number {
  const pool = targets[at]?.deployment.pool;
  if (pool === undefined || BY_LOAD.includes(strategy)) return at;
  const peers = targets.filter(({ deployment }) => deployment.pool === pool);
  return targets.indexOf(peers[chooseByAffinity(peers, circumstances)] as PreparedTarget);
}

function drawByWeight(targets: readonly PreparedTarget[], random: () => number): number {
  let sum = 0;
  for (const { weight } of targets) sum += weight;
  let point = random() * sum;
  for (let i = 0; i < targets.length - 1; i += 1) {
    point -= (targets[i] as PreparedTarget).weight;
    if (point < 0) return i;
  }
  return targets.length - 1;
}

/** Weighted rendezvous hashing: where a target comes or goes, only the calls that it gains or loses move. */
function chooseByAffinity(targets: readonly PreparedTarget[], { affinityKey, random }: Circumstances): number {
  if (affinityKey === null) return drawByWeight(targets, random);
  const key = hashText(affinityKey);
  let best = 0;
  let bestScore = -1;
  for (let i = 0; i < targets.length; i += 1) {
    const { weight, hash } = targets[i] as PreparedTarget;
    const score = -weight / Math.log(unitOfPair(key, hash));
    if (score > bestScore) [best, bestScore] = [i, score];
  }
  return best;
}

/** Power of two choices: all routers go for the same fastest one otherwise, until it is the slowest. */
function chooseSooner(targets: readonly PreparedTarget[], circumstances: Circumstances): number {
  const first = drawByWeight(targets, circumstances.random);
  const others = targets.filter((_, i) => i !== first);
  const drawn = drawByWeight(others, circumstances.random);
  const second = drawn < first ? drawn : drawn + 1;
  const [a, b] = [targets[first] as PreparedTarget, targets[second] as PreparedTarget];
  return waiting(b, circumstances) < waiting(a, circumstances) ? second : first;
}

type Score = (target: PreparedTarget, circumstances: Circumstances) => number;

/** One that nobody has asked yet is asked early. */
const waiting: Score = ({ deployment }, { health, now }) =>
  Math.max(1, health.latencyMs(deployment.id, now)) * (1 + health.inFlight(deployment.id));

const busyness: Score = ({ deployment, weight }, { health }) => (1 + health.inFlight(deployment.id)) / weight;

/** In billionths; dollars and euros are compared by their numbers for want of a rate. One without a price comes last. */
const cost: Score = ({ deployment: { price } }, { inputTokens, outputTokens }) =>
  price === null ? Number.POSITIVE_INFINITY : boundCost(price, { inputTokens, outputTokens, audio: false });

/** Of equals a random one, by beginning anywhere. */
function chooseLeast(targets: readonly PreparedTarget[], score: Score, circumstances: Circumstances): number {
  const start = Math.floor(circumstances.random() * targets.length);
  let best = start;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < targets.length; i += 1) {
    const at = (start + i) % targets.length;
    const one = score(targets[at] as PreparedTarget, circumstances);
    if (one < least) [best, least] = [at, one];
  }
  return best;
}
