import { deployment, every, firstOf, GOOD, route, type Vendor, World } from './world.ts';

const MINUTE = 60_000;

/** One deployment, always failing: how much more than its calls it is asked. */
export async function tryRetries(random: () => number): Promise<{ calls: number; extraPercent: number; overBudget: number }> {
  const down: Vendor = () => ({ failure: 'server_error', firstByteMs: 5 });
  const world = new World({
    deployments: [deployment('a')],
    routes: [route('m', ['a'], { maxAttempts: 5 })],
    vendors: { a: down },
    random,
  });
  const seconds = 60;
  every(world, 2, seconds * 1_000, () => world.call('m'));
  await world.queue.run(2 * MINUTE);
  const times = world.done.flatMap(({ attempts }) => attempts.slice(1).map(({ at }) => at));
  // A fifth of the calls, ten a second besides, and what was saved up before: a hundred and the floor's ten.
  let overBudget = 0;
  for (let second = 10; second < seconds; second += 1) {
    const retries = times.filter((at) => at < second * 1_000).length;
    const allowed = 0.2 * 500 * second + 10 * second + 10;
    if (retries > allowed) overBudget += 1;
  }
  return { calls: world.done.length, extraPercent: Math.round((100 * times.length) / world.done.length), overBudget };
}

/** Three keys; one fails for two minutes. */
export async function tryOutage(random: () => number): Promise<Record<string, number>> {
  const [from, to] = [MINUTE, 3 * MINUTE];
  const sick: Vendor = (now) => (now >= from && now < to ? { failure: 'server_error', firstByteMs: 5 } : GOOD);
  const world = new World({
    deployments: ['a', 'b', 'c'].map((id) => deployment(id)),
    routes: [route('m', ['a', 'b', 'c'])],
    vendors: { a: sick },
    random,
  });
  every(world, 10, 8 * MINUTE, () => world.call('m'));
  await world.queue.run(9 * MINUTE);
  const late = world.done.filter(({ attempts }) => (attempts[0]?.at ?? 0) > 7 * MINUTE);
  return {
    outage_calls: world.done.length,
    outage_failed: world.done.filter(({ answered }) => !answered).length,
    outage_attempts_at_the_sick: world.done.flatMap(({ attempts }) => attempts).filter(({ failure }) => failure !== null).length,
    healed_share_percent: Math.round((100 * late.filter((one) => firstOf(one) === 'a').length) / late.length),
  };
}

/** All that there is fails: nothing is left out for good, and the first that is well again is found. */
export async function tryTotalOutage(random: () => number): Promise<Record<string, number>> {
  const to = 5 * MINUTE;
  const down: Vendor = (now) => (now < to ? { failure: 'overloaded', firstByteMs: 5 } : GOOD);
  const world = new World({
    deployments: ['a', 'b'].map((id) => deployment(id)),
    routes: [route('m', ['a', 'b'], { maxAttempts: 2 }), route('alone', ['a'], { maxAttempts: 1 })],
    vendors: { a: down, b: down },
    random,
  });
  every(world, 100, 6 * MINUTE, (number) => world.call(number % 2 === 0 ? 'm' : 'alone'));
  await world.queue.run(7 * MINUTE);
  const after = world.done.filter(({ attempts }) => (attempts[0]?.at ?? 0) >= to);
  return {
    total_outage_calls: world.done.length,
    left_without_an_attempt: world.done.filter(({ attempts }) => attempts.length === 0).length,
    failed_after_it: after.filter(({ answered }) => !answered).length,
  };
}

/** Four models behind one key that is refused, and the same behind a good one; the free call tells when it is good again. */
export async function tryKey(random: () => number): Promise<Record<string, number>> {
  const to = 5 * MINUTE;
  let refusals = 0;
  const refused: Vendor = (now) => {
    if (now >= to) return GOOD;
    refusals += 1;
    return { failure: 'authentication', firstByteMs: 5 };
  };
  const models = [0, 1, 2, 3];
  const world = new World({
    deployments: models.flatMap((i) => [
      deployment(`bad${i}`, { credentialId: 'cred_bad', pool: `p${i}` }),
      deployment(`good${i}`, { credentialId: 'cred_good', pool: `p${i}` }),
    ]),
    routes: models.map((i) => route(`m${i}`, [`bad${i}`, `good${i}`], { maxAttempts: 2 })),
    vendors: Object.fromEntries(models.map((i) => [`bad${i}`, refused])),
    random,
  });
  let probes = 0;
  every(world, 1_000, 12 * MINUTE, () => {
    for (const due of world.health.dueProbes(world.queue.now, 2_000)) {
      probes += 1;
      world.health.noteProbe(due, world.queue.now >= to ? 'well' : 'ill', world.queue.now);
    }
  });
  every(world, 20, 12 * MINUTE, (number) => world.call(`m${number % 4}`));
  await world.queue.run(13 * MINUTE);
  const late = world.done.filter(({ attempts }) => (attempts[0]?.at ?? 0) > 11 * MINUTE);
  return {
    key_calls: world.done.length,
    key_failed: world.done.filter(({ answered }) => !answered).length,
    // Those that were under way when the first refusal came, and no trial after it.
    key_refusals: refusals,
    key_probes: probes,
    key_back_percent: Math.round((100 * late.filter((one) => firstOf(one).startsWith('bad')).length) / late.length),
  };
}

/** A limit of the first target, room at the second. */
export async function tryLimits(random: () => number): Promise<Record<string, number>> {
  const limits = { requestsPerMinute: 60, concurrentCalls: 3 };
  const world = new World({
    deployments: [deployment('a', { limits }), deployment('b')],
    routes: [route('m', ['a', 'b'])],
    vendors: { a: () => ({ failure: null, firstByteMs: 400, lastsMs: 1_000 * random() }) },
    random,
  });
  let over = 0;
  every(world, 7, 10 * MINUTE, () => {
    world.call('m');
    if ((world.inFlight.get('a') ?? 0) > limits.concurrentCalls) over += 1;
  });
  await world.queue.run(11 * MINUTE);
  const times = world.done.flatMap(({ attempts }) =>
    attempts.filter(({ deploymentId }) => deploymentId === 'a').map(({ at }) => at),
  );
  // The window begins with a call and is a minute long: no minute of these holds more than two windows' worth, ten hold ten.
  if (times.length > 11 * limits.requestsPerMinute) over += 1;
  return { limited_calls: world.done.length, limited_asked: times.length, over_limits: over };
}
