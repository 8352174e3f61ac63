import type { Stack } from '@tollgate/testing';
import { Agent, request } from 'undici';
import { Oracle, overAdmitted, type Rate } from './oracle.ts';
import type { Cell, CellResult } from './virtual-cell.ts';

const BODY = JSON.stringify({ model: 'sim/sim-fast', messages: [{ role: 'user', content: 'hi' }], max_tokens: 4 });

export interface RealResult extends CellResult {
  /** Neither 200 nor 429. */
  readonly strange: number;
  /** Refusals without Retry-After, or without x-ratelimit headers. */
  readonly mute: number;
}

interface Done {
  readonly status: number;
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly mute: boolean;
}

/** Real calls to real routers, most of them to the first. */
export async function runRealCell(
  stack: Stack,
  cell: Cell,
  { random, durationMs }: { readonly random: () => number; readonly durationMs: number },
): Promise<RealResult> {
  const rate: Rate = { limit: cell.limit, periodMs: 1_000, burst: cell.limit };
  const { token } = await stack.createToken({
    limits: { requests: { limit: rate.limit, period_seconds: 1, burst: rate.burst } },
  });
  const routers = stack.routerUrls.slice(0, cell.routers);
  const agent = new Agent({ connections: 64 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  // The token is known everywhere before it starts; looking at models takes nothing from the limit.
  for (const url of routers) {
    const { body } = await request(`${url}/v1/models`, { headers, dispatcher: agent });
    await body.dump();
  }
  const origin = performance.now();
  const best = new Oracle(rate);
  let ideal = 0;
  const open: Promise<Done>[] = [];
  const pick = (): string => {
    if (routers.length === 1 || random() < 0.7) return routers[0] as string;
    return routers[1 + Math.floor(random() * (routers.length - 1))] as string;
  };
  for (let due = 0; due < durationMs; due += (-Math.log(1 - random()) * rate.periodMs) / (cell.load * rate.limit)) {
    const wait = origin + due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    if (best.tryAdmit(performance.now() - origin)) ideal += 1;
    open.push(call(pick(), { headers, agent, origin }));
  }
  const done = await Promise.all(open);
  await agent.close();
  const admitted = done.filter(({ status }) => status === 200);
  return {
    offered: done.length,
    admitted: admitted.length,
    ideal,
    over: overAdmitted(rate, admitted),
    questions: 0,
    strange: done.filter(({ status }) => status !== 200 && status !== 429).length,
    mute: done.filter(({ mute }) => mute).length,
  };
}

async function call(
  url: string,
  with_: { readonly headers: Record<string, string>; readonly agent: Agent; readonly origin: number },
): Promise<Done> {
  const sentAt = performance.now() - with_.origin;
  const answer = await request(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: with_.headers,
    body: BODY,
    dispatcher: with_.agent,
  });
  const answeredAt = performance.now() - with_.origin;
  await answer.body.dump();
  const limited = answer.headers['x-ratelimit-limit-requests'] !== undefined;
  const mute = !limited || (answer.statusCode === 429 && answer.headers['retry-after'] === undefined);
  return { status: answer.statusCode, sentAt, answeredAt, mute };
}
