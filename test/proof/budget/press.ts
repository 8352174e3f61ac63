import type { Stack } from '@tollgate/testing';
import { Agent, request } from 'undici';

export interface Pressed {
  readonly calls: number;
  readonly succeeded: number;
  readonly refused: number;
  readonly strange: number;
  /** 429 budget_exceeded without a Retry-After. */
  readonly mute: number;
  /** Without an answer. */
  readonly broken: number;
  readonly inFlightMax: number;
}

export interface Pressure {
  readonly token: string;
  readonly callers: number;
  /** A caller gives up once the budget has no room for so long; milliseconds. */
  readonly patienceMs: number;
  /** The body of a call; sizes differ, so that what is left over at the end is small. */
  body(caller: number): string;
}

const PAUSE_MS_MAX = 400;

const pause = (caller: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, PAUSE_MS_MAX * (0.5 + (caller % 100) / 200)));

interface Asked {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly agent: Agent;
}

async function ask(url: string, { headers, body, agent }: Asked) {
  try {
    const answer = await request(url, { method: 'POST', headers, body, dispatcher: agent });
    return { status: answer.statusCode, text: await answer.body.text(), waits: answer.headers['retry-after'] !== undefined };
  } catch {
    return null;
  }
}

/** So many callers at once, each again and again until nothing goes through any more. */
export async function press(stack: Stack, { token, callers, patienceMs, body }: Pressure): Promise<Pressed> {
  const agent = new Agent({ connections: Math.ceil(callers / stack.routerUrls.length), pipelining: 1 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const count = { calls: 0, succeeded: 0, refused: 0, strange: 0, mute: 0, broken: 0 };
  let [inFlight, inFlightMax] = [0, 0];
  let lastSuccess = performance.now();
  const one = async (caller: number): Promise<void> => {
    const url = stack.routerUrls[caller % stack.routerUrls.length] ?? stack.url;
    while (performance.now() - lastSuccess < patienceMs) {
      count.calls += 1;
      inFlight += 1;
      inFlightMax = Math.max(inFlightMax, inFlight);
      const answer = await ask(`${url}/v1/chat/completions`, { headers, body: body(caller), agent });
      inFlight -= 1;
      if (answer === null) {
        // Its router has just been killed.
        count.broken += 1;
        await pause(caller);
        continue;
      }
      const { text } = answer;
      if (answer.status === 200) {
        count.succeeded += 1;
        lastSuccess = performance.now();
        continue;
      }
      const exceeded = answer.status === 429 && /budget_exceeded|quota_unavailable|insufficient_quota/.test(text);
      if (exceeded) count.refused += 1;
      else count.strange += 1;
      if (exceeded && !answer.waits) count.mute += 1;
      await pause(caller);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => one(caller)));
  await agent.close();
  return { ...count, inFlightMax };
}
