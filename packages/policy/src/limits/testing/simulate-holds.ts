import type { QuotaLeaseRequest, RateLimit } from '@tollgate/contracts';
import { answerAsk } from '../answer-ask.js';
import type { BucketState } from '../bucket-state.js';
import type { Hold } from '../held-lease.js';
import { LocalQuota } from '../local-quota.js';
import type { CountedLimit, LeaseAnswer } from '../take-verdict.js';
import { EventQueue } from './event-queue.js';
import { Oracle } from './oracle.js';

export interface HoldSettings {
  readonly kind: 'tokens' | 'concurrency';
  readonly rate: RateLimit;
  /** Calls per second and router. */
  readonly loads: readonly number[];
  /** A call takes 1 to `costMax` tokens and uses a share of them. */
  readonly costMax: number;
  readonly callMsMax: number;
  readonly durationMs: number;
  readonly latencyMsMax: number;
  /** Share of messages lost each way, and of questions that arrive twice, the second time much later. */
  readonly loss: number;
  readonly doubled: number;
  readonly drift: number;
  /** Share of routers that die in the middle, with all they know. */
  readonly deaths: number;
  readonly random: () => number;
}

export interface HoldResult {
  readonly admitted: number;
  readonly refused: number;
  /** Tokens used. */
  readonly used: number;
  /** Tokens by which burst + rate x t was ever passed; slots in use beyond the limit. 0 is the promise. */
  readonly over: number;
  /** What is still out when all calls are over and every hold has had its time. */
  readonly leaked: number;
  /** The same a few seconds after the last call, before anything has expired. */
  readonly outAfterDrain: number;
}

const WAIT_MS = 50;
const TIMEOUT_MS = 1_000;
const TICK_MS = 200;

/** Routers whose calls take time: they take the worst case first and give back what they did not use. */
export function simulateHolds(settings: HoldSettings): HoldResult {
  const { rate, random, kind } = settings;
  const queue = new EventQueue();
  const limit: CountedLimit = { bucket: `${kind}:org_1`, kind, rate };
  const seen = new Oracle(rate);
  const count = { admitted: 0, refused: 0, used: 0, running: 0, over: 0 };
  let state: BucketState | null = null;
  let leases = 0;
  const delay = () => random() * settings.latencyMsMax;
  const answer = (request: QuotaLeaseRequest): LeaseAnswer[] =>
    request.leases.map((ask) => {
      leases += 1;
      const nowUs = Math.floor(queue.now * 1_000);
      const step = answerAsk(state, ask, { holder: request.holder, nowUs, leaseId: String(leases) });
      state = step.state;
      return step.answer;
    });

  settings.loads.forEach((load, index) => {
    const speed = 1 + (random() * 2 - 1) * settings.drift;
    const quota = new LocalQuota({
      clock: { now: () => queue.now, monotonic: () => queue.now * speed },
      holder: `router-${index}`,
    });
    const life = { dead: false };
    if (random() < settings.deaths) {
      queue.after(random() * settings.durationMs, () => {
        life.dead = true;
        count.running -= running.size;
        running.clear();
      });
    }
    const running = new Set<object>();
    const pump = () => {
      for (let call = life.dead ? null : quota.nextRequest(); call !== null; call = quota.nextRequest()) {
        const sent = call;
        let settled = false;
        const settle = (answers: LeaseAnswer[] | null) => {
          if (settled || life.dead) return;
          settled = true;
          quota.settle(sent, answers === null ? null : { status: 'ok', leases: answers });
          pump();
        };
        queue.after(TIMEOUT_MS, () => settle(null));
        if (random() < settings.doubled) queue.after(TIMEOUT_MS * 3 * random(), () => void answer(sent.request));
        if (random() < settings.loss) continue;
        queue.after(delay(), () => {
          const answers = answer(sent.request);
          if (random() >= settings.loss) queue.after(delay(), () => settle(answers));
        });
      }
    };
    const begin = (cost: number, callMs: number) => {
      const holds: Hold[] = [];
      quota.take([limit], cost, settings.callMsMax, holds);
      const used = Math.floor(random() * (cost + 1));
      const call = {};
      running.add(call);
      count.admitted += 1;
      count.used += used;
      count.running += 1;
      if (kind === 'tokens') seen.admit(queue.now, used);
      else count.over = Math.max(count.over, count.running - rate.limit);
      queue.after(callMs, () => {
        if (!running.delete(call)) return;
        count.running -= 1;
        quota.release(holds, used);
        // A settlement that comes twice gives nothing back twice.
        if (random() < settings.doubled) quota.release(holds, 0);
        pump();
      });
    };
    const attempt = (cost: number, callMs: number, until: number) => {
      if (life.dead) return;
      const verdict = queue.now > until ? 'refused' : quota.check([limit], cost, settings.callMsMax);
      if (verdict === 'taken') begin(cost, callMs);
      else if (verdict === 'need_lease') quota.whenSettled(limit.bucket, () => attempt(cost, callMs, until));
      else count.refused += 1;
    };
    const arrive = () => {
      if (life.dead || queue.now > settings.durationMs) return;
      const cost = kind === 'tokens' ? 1 + Math.floor(random() * settings.costMax) : 1;
      attempt(cost, random() * settings.callMsMax, queue.now + WAIT_MS);
      pump();
      queue.after((-Math.log(1 - random()) * 1_000) / load, arrive);
    };
    const tick = () => {
      if (life.dead) return;
      quota.tick();
      pump();
      queue.after(TICK_MS, tick);
    };
    if (load > 0) queue.after((-Math.log(1 - random()) * 1_000) / load, arrive);
    queue.after(random() * TICK_MS, tick);
  });

  const out = (): number => {
    const left = answerAsk(state, ASK(limit), { holder: 'auditor', nowUs: Math.floor(queue.now * 1_000), leaseId: 'none' }).state;
    return left.leases.reduce((sum, lease) => sum + lease.amount, 0);
  };
  queue.run(settings.durationMs + settings.callMsMax + 4_000);
  const outAfterDrain = out();
  queue.run(queue.now + 4 * (settings.callMsMax + 70_000));
  const over = kind === 'tokens' ? (seen.deficit < 1e-6 ? 0 : seen.deficit) : count.over;
  return { admitted: count.admitted, refused: count.refused, used: count.used, over, leaked: out(), outAfterDrain };
}

const ASK = ({ bucket, kind, rate }: CountedLimit) => ({
  bucket,
  kind: kind === 'concurrency' ? ('concurrency' as const) : ('rate' as const),
  rate,
  want: 0,
  finished: [],
});
