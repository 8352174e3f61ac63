import type { RateLimit } from '@tollgate/contracts';
import { answerAsk } from '../answer-ask.js';
import type { BucketState } from '../bucket-state.js';
import { LocalQuota } from '../local-quota.js';
import type { LeaseAnswer } from '../take-verdict.js';
import { EventQueue } from './event-queue.js';
import { Oracle } from './oracle.js';

export interface SimulationSettings {
  readonly rate: RateLimit;
  /** Offered calls per router, as multiples of the whole limit; their sum is the load. */
  readonly loads: readonly number[];
  readonly durationMs: number;
  readonly latencyMsMax: number;
  /** Share of requests, and of replies, that are lost. */
  readonly loss: number;
  /** 0 <= random() < 1, seeded by the caller. */
  readonly random: () => number;
  /** Router clocks run off by up to this share. */
  readonly drift: number;
}

export interface SimulationResult {
  readonly offered: number;
  readonly admitted: number;
  /** By one bucket that sees every call at once: what could have been admitted. */
  readonly admittedIdeal: number;
  /** Most tokens by which burst + rate x t was passed in any interval, by the authority's clock; 0 is the promise. */
  readonly overAdmitted: number;
  readonly requests: number;
}

const BUCKET = 'requests:tok_1';
const WAIT_MS = 50;
const TIMEOUT_MS = 1_000;
const TICK_MS = 250;

/** Several routers and one authority on a virtual clock, with latency, loss and clocks that run apart. */
export function simulateRouters(settings: SimulationSettings): SimulationResult {
  const { rate, random } = settings;
  const queue = new EventQueue();
  const [seen, ideal] = [new Oracle(rate), new Oracle(rate)];
  const result = { offered: 0, admitted: 0, admittedIdeal: 0, requests: 0 };
  let state: BucketState | null = null;
  let leases = 0;
  const delay = () => random() * settings.latencyMsMax;

  settings.loads.forEach((load, index) => {
    const speed = 1 + (random() * 2 - 1) * settings.drift;
    const offset = random() * 1e6;
    const clock = { now: () => queue.now, monotonic: () => offset + queue.now * speed };
    const quota = new LocalQuota({ clock, holder: `router-${index}` });
    const admit = () => {
      result.admitted += 1;
      seen.admit(queue.now);
    };
    const pump = () => {
      for (let call = quota.nextRequest(); call !== null; call = quota.nextRequest()) {
        const sent = call;
        result.requests += 1;
        let settled = false;
        const settle = (answers: LeaseAnswer[] | null) => {
          if (settled) return;
          settled = true;
          quota.settle(sent, answers === null ? null : { status: 'ok', leases: answers });
          pump();
        };
        queue.after(TIMEOUT_MS, () => settle(null));
        if (random() < settings.loss) continue;
        queue.after(delay(), () => {
          const answers = sent.request.leases.map((ask) => {
            leases += 1;
            const nowUs = Math.floor(queue.now * 1_000);
            const step = answerAsk(state, ask, { holder: sent.request.holder, nowUs, leaseId: String(leases) });
            state = step.state;
            return step.answer;
          });
          if (random() >= settings.loss) queue.after(delay(), () => settle(answers));
        });
      }
    };
    const attempt = (until: number) => {
      if (queue.now > until) return;
      const verdict = quota.tryTake(BUCKET, rate);
      if (verdict === 'taken') admit();
      else if (verdict === 'need_lease') quota.whenSettled(BUCKET, () => attempt(until));
    };
    const perMs = (load * rate.limit) / rate.periodMs;
    const arrive = () => {
      result.offered += 1;
      if (ideal.tryAdmit(queue.now)) result.admittedIdeal += 1;
      attempt(queue.now + WAIT_MS);
      pump();
      queue.after(-Math.log(1 - random()) / perMs, arrive);
    };
    const tick = () => {
      quota.tick();
      pump();
      queue.after(TICK_MS, tick);
    };
    if (perMs > 0) queue.after(-Math.log(1 - random()) / perMs, arrive);
    queue.after(random() * TICK_MS, tick);
  });
  queue.run(settings.durationMs);
  return { ...result, overAdmitted: seen.deficit < 1e-6 ? 0 : seen.deficit };
}
