import { type QuotaLeaseReply, QuotaLeaseReplySchema, type QuotaLeaseRequest, SUBJECTS } from '@tollgate/contracts';
import { decodeJson, encodeJson } from '@tollgate/kernel';
import { LocalQuota } from '@tollgate/policy';
import type { Transport } from '@tollgate/transport';
import { EventQueue } from './event-queue.ts';
import { Oracle, type Rate } from './oracle.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface Cell {
  readonly routers: number;
  readonly limit: number;
  /** Calls offered, as a multiple of the limit. */
  readonly load: number;
}

export interface CellResult {
  readonly offered: number;
  readonly admitted: number;
  /** By one bucket that sees every call at once. */
  readonly ideal: number;
  readonly over: number;
  readonly questions: number;
}

const WAIT_MS = 50;
const TICK_MS = 200;
const LATENCY_MS_MAX = 6;
/** Clocks of routers run off by so much. */
const DRIFT = 1e-4;

export interface Bench {
  readonly transport: Transport;
  readonly clock: VirtualClock;
  readonly random: () => number;
}

let cells = 0;
/** Where the virtual time stands: it never goes back, over all cells. */
let elapsedMs = 0;

/**
 * Routers on a virtual clock that lease from the real auth service on its real Postgres, whose clock is the same virtual one.
 * In about half of the cells the first router gets most of the traffic.
 */
export async function runVirtualCell({ transport, clock, random }: Bench, cell: Cell, durationMs: number): Promise<CellResult> {
  cells += 1;
  const rate: Rate = { limit: cell.limit, periodMs: 1_000, burst: cell.limit };
  const bucket = `requests:virtual-${cells}`;
  const queue = new EventQueue();
  const base = elapsedMs;
  const [seen, best] = [new Oracle(rate), new Oracle(rate)];
  const count = { offered: 0, admitted: 0, ideal: 0, questions: 0 };
  const ask = async (request: QuotaLeaseRequest): Promise<QuotaLeaseReply> => {
    count.questions += 1;
    await clock.set(base + queue.now);
    const reply = await transport.request(SUBJECTS.quotaLease, encodeJson(request), { timeoutMs: 5_000 });
    const answer = QuotaLeaseReplySchema.parse(decodeJson(reply));
    if (answer.status !== 'ok') throw new Error('the authority has lost its database');
    return answer;
  };

  for (const [index, share] of sharesOf(cell.routers, random() < 0.5).entries()) {
    const speed = 1 + (random() * 2 - 1) * DRIFT;
    const quota = new LocalQuota({
      clock: { now: () => queue.now, monotonic: () => queue.now * speed },
      holder: `virtual-${cells}-${index}`,
    });
    const pump = (): void => {
      for (let call = quota.nextRequest(); call !== null; call = quota.nextRequest()) {
        const sent = call;
        queue.after(random() * LATENCY_MS_MAX, async () => {
          const reply = await ask(sent.request);
          queue.after(random() * LATENCY_MS_MAX, () => {
            quota.settle(sent, reply);
            pump();
          });
        });
      }
    };
    const attempt = (until: number): void => {
      if (queue.now > until) return;
      const verdict = quota.tryTake(bucket, rate);
      if (verdict === 'taken') {
        count.admitted += 1;
        seen.admit(queue.now);
      } else if (verdict === 'need_lease') quota.whenSettled(bucket, () => attempt(until));
    };
    const perMs = (share * cell.load * rate.limit) / rate.periodMs;
    const pause = (): number => -Math.log(1 - random()) / perMs;
    const arrive = (): void => {
      if (queue.now > durationMs) return;
      count.offered += 1;
      if (best.tryAdmit(queue.now)) count.ideal += 1;
      attempt(queue.now + WAIT_MS);
      pump();
      queue.after(pause(), arrive);
    };
    const tick = (): void => {
      quota.tick();
      pump();
      if (queue.now < durationMs) queue.after(TICK_MS, tick);
    };
    queue.after(pause(), arrive);
    queue.after(random() * TICK_MS, tick);
  }
  await queue.run(durationMs + WAIT_MS);
  elapsedMs = base + queue.now + 1_000;
  return { ...count, over: seen.deficit < 1e-6 ? 0 : seen.deficit };
}

/** Even, or four fifths to the first. */
function sharesOf(routers: number, skewed: boolean): readonly number[] {
  if (routers === 1 || !skewed) return Array.from({ length: routers }, () => 1 / routers);
  return Array.from({ length: routers }, (_, index) => (index === 0 ? 0.8 : 0.2 / (routers - 1)));
}
