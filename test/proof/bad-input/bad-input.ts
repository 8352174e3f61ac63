import { readFileSync } from 'node:fs';
import { type Stack, sendRaw, startStack } from '@tollgate/testing';
import { type ProofSuite, seeded } from '../proof-suite.ts';
import { makeMalformed } from './malformed.ts';

const REQUESTS = 20_000;
const AT_ONCE = 8;
/** A request whose end never comes is answered when the server's patience ends; a caller of ours leaves before. */
const PATIENCE_MS = 3_000;

/** numbers.md, promise 7, at a size that fits into minutes. */
export const badInput: ProofSuite = {
  name: 'bad-input',
  summary: 'malformed requests of many kinds: no crash, no unhandled rejection, no 5xx; memory is reported',
  bounds: {
    requests: { min: REQUESTS },
    refused: { min: REQUESTS / 2 },
    kinds: { min: 12 },
    unanswered: { max: REQUESTS / 100 },
    answers_5xx: { max: 0 },
    crashes: { max: 0 },
    unhandled: { max: 0 },
    good_calls_failed: { max: 0 },
    secrets_in_logs: { max: 0 },
  },
  async run({ seed, say }) {
    const random = seeded(seed);
    const stack = await startStack({ arrangement: 'standalone' });
    try {
      const { token } = await stack.createToken();
      const port = Number(new URL(stack.url).port);
      const pid = stack.processes[0]?.pid ?? 0;
      const counts = { requests: 0, good: 0, refused: 0, unanswered: 0, answers_5xx: 0, good_calls: 0, good_calls_failed: 0 };
      const kinds = new Set<string>();
      let residentBefore = 0;
      const worker = async (): Promise<void> => {
        while (counts.requests < REQUESTS) {
          counts.requests += 1;
          const number = counts.requests;
          const { kind, bytes } = makeMalformed(token, random);
          kinds.add(kind);
          const status = await sendRaw({ port, bytes, timeoutMs: PATIENCE_MS }).then(
            (answer) => answer.status,
            () => 0,
          );
          if (status === 0) counts.unanswered += 1;
          else if (status >= 500 && status !== 501 && status !== 505) {
            counts.answers_5xx += 1;
            if (counts.answers_5xx <= 10)
              say(`${status} for ${kind}: ${JSON.stringify(bytes.toString('latin1').replaceAll(token, 'TOKEN').slice(0, 300))}`);
          } else if (status >= 400) counts.refused += 1;
          else counts.good += 1;
          if (number % 200 === 0) {
            counts.good_calls += 1;
            if (!(await goodCall(stack, token))) counts.good_calls_failed += 1;
          }
          // Past the first thousands the process has its working size.
          if (number === REQUESTS / 4) residentBefore = resident(pid);
          if (number % 4_000 === 0) say(`${number} requests`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      const residentAfter = resident(pid);
      const logs = stack
        .logs()
        .replaceAll(/^ready url=.*$/gm, '')
        .replaceAll(/^ {2}curl .*$/gm, '');
      return {
        ...counts,
        kinds: kinds.size,
        crashes: stack.processes.filter((each) => !each.running || each.pid !== pid).length,
        unhandled: (logs.match(/unhandled|uncaught/gi) ?? []).length,
        secrets_in_logs: [...stack.canaries, token].filter((canary) => logs.includes(canary)).length,
        resident_megabytes_before: Math.round(residentBefore / 1e6),
        resident_megabytes_after: Math.round(residentAfter / 1e6),
      };
    } finally {
      await stack.stop();
    }
  },
};

async function goodCall(stack: Stack, token: string): Promise<boolean> {
  const response = await fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim/sim-fast', messages: [{ role: 'user', content: 'hello' }] }),
  });
  await response.arrayBuffer();
  return response.status === 200;
}

const resident = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024;
