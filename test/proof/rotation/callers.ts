import { setTimeout as pause } from 'node:timers/promises';
import type { Stack } from '@tollgate/testing';

/** One call in flight for each caller; between two of them it rests a little. */
const REST_MS = 15;
const BODY = JSON.stringify({ model: 'sim/sim-fast', messages: [{ role: 'user', content: 'hello' }], max_tokens: 8 });

export interface CallCounts {
  calls: number;
  /** Of callers that use the secret that they were given last. */
  unauthorized: number;
  failed: number;
}

/** One call at that router. Its status; 0 where there was none. */
export async function callOnce(url: string, secret: string): Promise<number> {
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: BODY,
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

/** Callers of one key, some at each router, without a rest over all rotations. They use what `secret` says when a call begins. */
export class Callers {
  private running = true;
  /** Calls that each loop has finished. */
  private readonly turns: number[];
  private readonly loops: Promise<void>[];
  secret: string;
  private readonly counts: CallCounts;
  private readonly say: (text: string) => void;

  constructor(stack: Stack, secret: string, counts: CallCounts, say: (text: string) => void) {
    this.secret = secret;
    this.counts = counts;
    this.say = say;
    this.turns = stack.routerUrls.map(() => 0);
    this.loops = stack.routerUrls.map((url, index) => this.loop(url, index));
  }

  /** Until every loop has begun and ended a call from now on. */
  async turn(): Promise<void> {
    const before = [...this.turns];
    while (this.running && this.turns.some((turn, index) => turn < (before[index] as number) + 2)) await pause(REST_MS);
  }

  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.loops);
  }

  private async loop(url: string, index: number): Promise<void> {
    while (this.running) {
      const status = await callOnce(url, this.secret);
      this.counts.calls += 1;
      if (status === 401) this.counts.unauthorized += 1;
      else if (status !== 200) this.counts.failed += 1;
      if (status !== 200) this.say(`a caller got ${status} at ${url}`);
      this.turns[index] = (this.turns[index] as number) + 1;
      await pause(REST_MS);
    }
  }
}

export interface Refusal {
  /** How far from the deadline, ms: let in after it, or refused before it. */
  readonly skewMs: number;
  /** Let in before the deadline at least once, refused after it. */
  readonly seen: boolean;
  /** Calls of the overlap, made by somebody who is late to take the new secret. */
  readonly calls: number;
  /** Of them: refused, and the refusal was there before the deadline. */
  readonly refusedEarly: number;
}

const PROBE_MS = 10;
const AFTER_MS = 1_500;

/** Calls one router with the old secret from now on, through its overlap, until well after its deadline. */
export async function probeDeadline(url: string, secret: string, deadline: number): Promise<Refusal> {
  let [skewMs, let_in, refused, calls, refusedEarly] = [0, 0, 0, 0, 0];
  while (Date.now() < deadline + AFTER_MS) {
    const began = Date.now();
    const status = await callOnce(url, secret);
    const ended = Date.now();
    if (ended < deadline) {
      calls += 1;
      if (status !== 200) refusedEarly += 1;
    }
    if (status === 200) {
      skewMs = Math.max(skewMs, began - deadline);
      if (began < deadline) let_in += 1;
    } else if (status === 401) {
      skewMs = Math.max(skewMs, deadline - ended);
      refused += 1;
    }
    await pause(PROBE_MS);
  }
  return { skewMs: Math.round(skewMs), seen: let_in > 0 && refused > 0, calls, refusedEarly };
}

/** Milliseconds until that router refuses the secret. */
export async function untilRefused(url: string, secret: string, since: number): Promise<number> {
  for (;;) {
    const began = Date.now();
    if ((await callOnce(url, secret)) === 401) return began - since;
    if (began - since > 10_000) return began - since;
    await pause(PROBE_MS);
  }
}
