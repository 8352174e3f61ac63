import { type Stack, sendRaw } from '@tollgate/testing';
import { makeMalformed } from './malformed.ts';

const AT_ONCE = 8;
/** A request whose end never comes is answered when the server's patience ends; a caller of ours leaves before. */
const PATIENCE_MS = 3_000;
const GOOD_CALL_EVERY = 200;
const EXAMPLES_MAX = 10;

export interface FloodCounts {
  requests: number;
  good: number;
  refused: number;
  unanswered: number;
  answers_5xx: number;
  good_calls: number;
  good_calls_failed: number;
  readonly kinds: Set<string>;
}

export const newCounts = (): FloodCounts => ({
  requests: 0,
  good: 0,
  refused: 0,
  unanswered: 0,
  answers_5xx: 0,
  good_calls: 0,
  good_calls_failed: 0,
  kinds: new Set(),
});

interface Flood {
  readonly stack: Stack;
  readonly token: string;
  readonly random: () => number;
  readonly counts: FloodCounts;
  say(text: string): void;
}

/** Sends so many malformed requests, and a good call among them now and then. */
export async function flood({ stack, token, random, counts, say }: Flood, requests: number): Promise<void> {
  const portOf = (url: string): number => Number(new URL(url).port);
  const front = portOf(stack.url);
  const management = portOf((stack.of('auth')[0] ?? stack).url);
  let left = requests;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      counts.requests += 1;
      const number = counts.requests;
      const { kind, bytes } = makeMalformed(token, random);
      counts.kinds.add(kind);
      const port = kind === 'management' ? management : front;
      const status = await sendRaw({ port, bytes, timeoutMs: PATIENCE_MS }).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 0) counts.unanswered += 1;
      // 501 and 505 are the right answers to a method and a version of HTTP that nobody knows.
      else if (status >= 500 && status !== 501 && status !== 505) {
        counts.answers_5xx += 1;
        const text = bytes.toString('latin1').replaceAll(token, 'TOKEN').slice(0, 300);
        if (counts.answers_5xx <= EXAMPLES_MAX) say(`${status} for ${kind}: ${JSON.stringify(text)}`);
      } else if (status >= 400) counts.refused += 1;
      else counts.good += 1;
      if (number % GOOD_CALL_EVERY === 0) {
        counts.good_calls += 1;
        if (!(await goodCall(stack, token))) counts.good_calls_failed += 1;
      }
      if (number % 4_000 === 0) say(`${number} requests`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function goodCall(stack: Stack, token: string): Promise<boolean> {
  const response = await fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim/sim-fast', messages: [{ role: 'user', content: 'hello' }] }),
  });
  await response.arrayBuffer();
  return response.status === 200;
}
