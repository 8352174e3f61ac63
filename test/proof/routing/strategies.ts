import type { Price } from '@tollgate/contracts';
import { deployment, every, firstOf, GOOD, route, shareOf, type Vendor, World } from './world.ts';

const MINUTE = 60_000;
const percent = (share: number): number => Math.round(100 * share);

/** By weight: the largest error of a share, relative to it. */
export async function tryWeights(random: () => number): Promise<Record<string, number>> {
  const weights: Readonly<Record<string, number>> = { a: 1, b: 2, c: 7 };
  const targets = Object.entries(weights).map(([deploymentId, weight]) => ({ deploymentId, weight, priority: 0 }));
  const world = new World({
    deployments: Object.keys(weights).map((id) => deployment(id)),
    routes: [route('m', [], { targets })],
    vendors: {},
    random,
  });
  every(world, 1, 30_000, () => world.call('m'));
  await world.queue.run(MINUTE);
  const errors = Object.entries(weights).map(([id, weight]) => Math.abs(shareOf(world.done, id) / (weight / 10) - 1));
  return { weighted_calls: world.done.length, weighted_error_percent: percent(Math.max(...errors)) };
}

/** The quickest is asked most; one that slows down is left within seconds, and found again. */
export async function tryLatency(random: () => number): Promise<Record<string, number>> {
  const [from, to] = [2 * MINUTE, 4 * MINUTE];
  const slow =
    (ms: number): Vendor =>
    () => ({ failure: null, firstByteMs: ms * (0.8 + 0.4 * random()) });
  const quick: Vendor = (now, inFlight) => slow(now >= from && now < to ? 2_000 : 50)(now, inFlight);
  const world = new World({
    deployments: ['a', 'b', 'c', 'd'].map((id) => deployment(id)),
    routes: [route('m', ['a', 'b', 'c', 'd'], { strategy: 'latency' })],
    vendors: { a: quick, b: slow(200), c: slow(400), d: slow(800) },
    random,
  });
  every(world, 20, 7 * MINUTE, () => world.call('m'));
  await world.queue.run(8 * MINUTE);
  const during = (a: number, b: number) =>
    world.done.filter(({ attempts: [one] }) => one !== undefined && one.at >= a && one.at < b);
  return {
    latency_calls: world.done.length,
    quickest_percent: percent(shareOf(during(MINUTE, from), 'a')),
    slowed_percent: percent(shareOf(during(from + 10_000, to), 'a')),
    quick_again_percent: percent(shareOf(during(to + MINUTE, 7 * MINUTE), 'a')),
  };
}

/** Calls under way are spread evenly, however unequal the times are. */
export async function tryBusyness(random: () => number): Promise<Record<string, number>> {
  const ids = ['a', 'b', 'c', 'd'];
  const vendor =
    (ms: number): Vendor =>
    () => ({ failure: null, firstByteMs: 10, lastsMs: ms * (0.5 + random()) });
  const world = new World({
    deployments: ids.map((id) => deployment(id)),
    routes: [route('m', ids, { strategy: 'least_busy' })],
    vendors: { a: vendor(500), b: vendor(500), c: vendor(500), d: vendor(5_000) },
    random,
  });
  let spread = 0;
  let seen = 0;
  every(world, 10, 3 * MINUTE, () => {
    world.call('m');
    if (world.queue.now < 30_000) return;
    const running = ids.map((id) => world.inFlight.get(id) ?? 0);
    spread += Math.max(...running) - Math.min(...running);
    seen += 1;
  });
  await world.queue.run(5 * MINUTE);
  return {
    busy_calls: world.done.length,
    busy_spread_mean: Math.round((100 * spread) / seen) / 100,
    slow_one_percent: percent(shareOf(world.done, 'd')),
  };
}

const price = (input: string, output: string): Price => ({
  ...{ source: 'proof', currency: 'USD', input, output, cacheRead: null, cacheWrite: null },
  ...{ inputAudio: null, outputAudio: null, tiers: [], perRequest: null },
});

/** The cheapest for the size of the call, reckoned once more; one without a price last. */
export async function tryCost(random: () => number, calls: number): Promise<Record<string, number>> {
  const rates: Readonly<Record<string, readonly [number, number]>> = { a: [1, 20], b: [5, 5], c: [2, 12] };
  const world = new World({
    deployments: [
      ...Object.entries(rates).map(([id, [input, output]]) => deployment(id, { price: price(String(input), String(output)) })),
      deployment('unpriced'),
    ],
    routes: [route('m', ['unpriced', 'a', 'b', 'c'], { strategy: 'cost', maxAttempts: 4 })],
    vendors: {},
    random,
  });
  let dearer = 0;
  for (let i = 0; i < calls; i += 1) {
    const tokens: [number, number] = [1 + Math.floor(random() * 10_000), 1 + Math.floor(random() * 10_000)];
    world.call('m', { tokens });
    await world.queue.run(world.queue.now + 1_000);
    const cost = (id: string): number => {
      const [input, output] = rates[id] ?? [Number.POSITIVE_INFINITY, 0];
      return input * tokens[0] + output * tokens[1];
    };
    const chosen = world.done.at(-1);
    const least = Math.min(...Object.keys(rates).map(cost));
    if (chosen === undefined || cost(firstOf(chosen)) > least * 1.000_001) dearer += 1;
  }
  return { cost_calls: calls, dearer_than_needed: dearer };
}

const KEYS = ['k0', 'k1', 'k2', 'k3', 'k4'];
const CONVERSATIONS = 1_000;

/** A model behind five keys: conversations stay, through a key that comes, one that goes and one that fails. */
export async function tryAffinity(random: () => number): Promise<Record<string, number>> {
  let sick = false;
  const vendor: Vendor = () => (sick ? { failure: 'overloaded', firstByteMs: 5 } : GOOD);
  const pool = (ids: readonly string[]) => ids.map((id) => deployment(id, { pool: 'dep' }));
  const world = new World({ deployments: pool(KEYS), routes: [route('m', KEYS)], vendors: { k1: vendor }, random });
  /** Where each conversation's first attempt goes, and where it is answered. */
  const round = async (turns: number): Promise<{ first: string[]; answered: string[]; moved: number }> => {
    const first: string[] = [];
    const answered: string[] = [];
    let moved = 0;
    for (let i = 0; i < CONVERSATIONS; i += 1) {
      const seen = new Set<string>();
      for (let turn = 0; turn < turns; turn += 1) {
        world.call('m', { affinityKey: `tok conversation ${i}` });
        await world.queue.run(world.queue.now + 100);
        const done = world.done.at(-1);
        seen.add(done === undefined ? '' : (done.attempts.at(-1)?.deploymentId ?? ''));
        if (turn === 0) first.push(done === undefined ? '' : firstOf(done));
        if (turn === turns - 1) answered.push([...seen][0] ?? '');
      }
      if (seen.size > 1) moved += 1;
    }
    return { first, answered, moved };
  };
  const differ = (a: readonly string[], b: readonly string[], unless: (id: string) => boolean): number =>
    a.filter((id, i) => id !== b[i] && !unless(id)).length;
  const calm = await round(10);
  const shares = KEYS.map((key) => calm.first.filter((id) => id === key).length / CONVERSATIONS);
  world.change(pool(KEYS.slice(0, 4)), [route('m', KEYS.slice(0, 4))]);
  const fewer = await round(1);
  world.change(pool(KEYS), [route('m', KEYS)]);
  const again = await round(1);
  sick = true;
  const ill = await round(2);
  sick = false;
  await world.queue.run(world.queue.now + 10 * MINUTE);
  // The first of them is the trial of the key that was ill.
  await round(1);
  const well = await round(1);
  return {
    affinity_calls: world.done.length,
    torn_from_their_key: calm.moved,
    moved_by_a_key_that_went: differ(calm.first, fewer.first, (id) => id === 'k4'),
    not_back_with_the_key: differ(calm.first, again.first, () => false),
    moved_by_a_key_that_fails: differ(calm.answered, ill.answered, (id) => id === 'k1'),
    not_back_when_it_is_well: differ(calm.first, well.first, () => false),
    key_share_percent_min: percent(Math.min(...shares)),
    key_share_percent_max: percent(Math.max(...shares)),
  };
}
