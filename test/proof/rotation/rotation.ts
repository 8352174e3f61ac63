import { type Stack, startStack } from '@tollgate/testing';
import type { ProofSuite } from '../proof-suite.ts';
import { type CallCounts, Callers } from './callers.ts';
import { Receiver } from './receiver.ts';
import { type Counts, RotatingKey, type Step } from './rotating-key.ts';

const ROUTERS = 3;
const KEYS = 6;
/** Each key goes through this, each beginning at another place. */
const STEPS: readonly Step[] = [
  ...(['overlap', 'webhook', 'early_finish', 'one_time_link', 'webhook_fails_once'] as const),
  ...(['overlap', 'webhook_fails', 'forced', 'scheduled_link', 'early_finish', 'none'] as const),
];

/** Rotations of every kind while callers of every key are at every router. */
export const rotation: ProofSuite = {
  name: 'rotation',
  summary: `rotations of every kind under load on ${ROUTERS} routers: nobody who has the new secret is refused, and the old one ends everywhere in time`,
  bounds: {
    routers: { min: 2 },
    rotations: { min: 50 },
    scheduled: { min: 12 },
    links: { min: 6 },
    early_finishes: { min: 10 },
    deadlines: { min: 50 },
    deliveries_failed: { min: KEYS },
    calls: { min: 5_000 },
    overlap_calls: { min: 2_000 },
    refused_in_overlap: { max: 0 },
    deadlines_without_auth: { min: KEYS * ROUTERS },
    unauthorized: { max: 0 },
    failed: { max: 0 },
    accepted_too_early: { max: 0 },
    opened_twice: { max: 0 },
    unexpected: { max: 0 },
    deadline_skew_ms: { max: 1_000 },
    early_finish_ms: { max: 1_000 },
  },
  async run({ say }) {
    const calls: CallCounts = { calls: 0, unauthorized: 0, failed: 0 };
    const counts: Counts = {
      ...{ rotations: 0, scheduled: 0, links: 0, early_finishes: 0, deadlines: 0, deliveries_failed: 0 },
      ...{ accepted_too_early: 0, opened_twice: 0, unexpected: 0, deadline_skew_ms: 0, early_finish_ms: 0 },
      ...{ overlap_calls: 0, refused_in_overlap: 0 },
    };
    const receiver = await new Receiver().start();
    let stack: Stack | null = null;
    try {
      stack = await startStack({
        arrangement: 'distributed',
        routers: ROUTERS,
        env: { TOLLGATE_WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8' },
      });
      say(`${ROUTERS} routers are up`);
      const running = stack;
      let [away, deadlinesBefore]: [Promise<void> | null, number] = [null, 0];
      const [allAreDone, allAreRotated] = [meeting(KEYS), meeting(KEYS)];
      await Promise.all(
        Array.from({ length: KEYS }, async (_, index) => {
          const made = await running.createToken({ name: `key ${index}` });
          const callers = new Callers(running, made.token, calls, say);
          const key = new RotatingKey({ stack: running, receiver, counts, callers, id: made.id, say });
          try {
            for (let i = 0; i < STEPS.length; i += 1) {
              const step = STEPS[(i + index * 2) % STEPS.length] as Step;
              await key.take(step);
              say(`key ${index}: ${step}, ${counts.rotations} rotations, ${calls.calls} calls`);
            }
            await allAreDone();
            await key.endWithoutAuth(async () => {
              await allAreRotated();
              if (away === null) {
                deadlinesBefore = counts.deadlines;
                away = Promise.all(running.of('auth').map((each) => each.kill('SIGKILL'))).then(() => say('auth is gone'));
              }
              await away;
            });
          } finally {
            await callers.stop();
          }
        }),
      );
      counts.unexpected += receiver.forged;
      return {
        routers: running.routerUrls.length,
        ...counts,
        ...calls,
        deadlines_without_auth: counts.deadlines - deadlinesBefore,
      };
    } finally {
      receiver.stop();
      await stack?.stop();
    }
  },
};

/** Whoever comes waits until so many have come. */
function meeting(of: number): () => Promise<void> {
  let [come, open] = [0, (): void => undefined];
  const full = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    come += 1;
    if (come === of) open();
    return full;
  };
}
