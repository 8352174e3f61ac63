import { type ProofSuite, seeded } from '../proof-suite.ts';
import { tryCourses, tryFallbacks } from './fallbacks.ts';
import { tryFaults } from './faults.ts';
import { tryAffinity, tryBusyness, tryCost, tryLatency, tryWeights } from './strategies.ts';
import { tryKey, tryLimits, tryOutage, tryRetries, tryTotalOutage } from './trouble.ts';

const COURSES = 20_000;
const COST_CALLS = 2_000;

/** What the router decides under faults: the product's own decisions under a clock moved by hand, then the product over real HTTP. */
export const routing: ProofSuite = {
  name: 'routing',
  summary:
    'fallbacks by class, retries and Retry-After, breakers, keys, limits and every strategy under faults; then over real HTTP',
  bounds: {
    fallback_cases: { min: 432 },
    fallback_wrong: { max: 0 },
    courses: { min: COURSES },
    course_attempts: { min: COURSES },
    course_wrong: { max: 0 },
    retry_calls: { min: 25_000 },
    retry_extra_percent: { max: 23 },
    retry_over_budget: { max: 0 },
    outage_calls: { min: 40_000 },
    outage_failed: { max: 0 },
    outage_attempts_at_the_sick: { min: 5, max: 30 },
    healed_share_percent: { min: 25 },
    total_outage_calls: { min: 3_000 },
    left_without_an_attempt: { max: 0 },
    failed_after_it: { max: 0 },
    key_calls: { min: 30_000 },
    key_failed: { max: 0 },
    key_refusals: { min: 1, max: 4 },
    key_probes: { min: 3, max: 20 },
    key_back_percent: { min: 40 },
    limited_calls: { min: 80_000 },
    limited_asked: { min: 500 },
    over_limits: { max: 0 },
    weighted_calls: { min: 25_000 },
    weighted_error_percent: { max: 8 },
    latency_calls: { min: 20_000 },
    quickest_percent: { min: 45 },
    slowed_percent: { max: 5 },
    quick_again_percent: { min: 40 },
    busy_calls: { min: 15_000 },
    busy_spread_mean: { max: 2 },
    slow_one_percent: { max: 10 },
    cost_calls: { min: COST_CALLS },
    dearer_than_needed: { max: 0 },
    affinity_calls: { min: 15_000 },
    torn_from_their_key: { max: 0 },
    moved_by_a_key_that_went: { max: 0 },
    not_back_with_the_key: { max: 0 },
    moved_by_a_key_that_fails: { max: 0 },
    not_back_when_it_is_well: { max: 0 },
    key_share_percent_min: { min: 14 },
    key_share_percent_max: { max: 26 },
    faults: { min: 14 },
    fault_calls: { min: 250 },
    fault_wrong: { max: 0 },
  },
  async run({ seed, say }) {
    const random = seeded(seed);
    const fallbacks = await tryFallbacks(random);
    const courses = await tryCourses(random, COURSES);
    for (const each of [...fallbacks.wrong, ...courses.wrong].slice(0, 20)) say(each);
    say(`${fallbacks.cases} fallbacks and ${courses.attempts} attempts of ${COURSES} courses`);
    const retries = await tryRetries(random);
    const trouble = {
      ...(await tryOutage(random)),
      ...(await tryTotalOutage(random)),
      ...(await tryKey(random)),
      ...(await tryLimits(random)),
    };
    say(`trouble: ${JSON.stringify({ ...retries, ...trouble })}`);
    const strategies = {
      ...(await tryWeights(random)),
      ...(await tryLatency(random)),
      ...(await tryBusyness(random)),
      ...(await tryCost(random, COST_CALLS)),
      ...(await tryAffinity(random)),
    };
    say(`strategies: ${JSON.stringify(strategies)}`);
    return {
      fallback_cases: fallbacks.cases,
      fallback_wrong: fallbacks.wrong.length,
      courses: COURSES,
      course_attempts: courses.attempts,
      course_wrong: courses.wrong.length,
      retry_calls: retries.calls,
      retry_extra_percent: retries.extraPercent,
      retry_over_budget: retries.overBudget,
      ...trouble,
      ...strategies,
      ...(await tryFaults(say)),
    };
  },
};
