import { setTimeout as delay } from 'node:timers/promises';
import { type Stack, startStack } from '@tollgate/testing';
import type { ProofSuite } from '../proof-suite.ts';
import { type Bench, call } from './bench.ts';
import { forgedTokens, revokedTokens } from './forged-tokens.ts';
import { machineFlows } from './machine-flows.ts';
import { userFlows } from './user-flows.ts';

const ROUTERS = 2;
const REVOCATIONS = 40;
const LIFE_MS = 300_000;

/** An ordinary client library against the running product, and everything that must be refused at its routers. */
export const oauth: ProofSuite = {
  name: 'oauth',
  summary: `openid-client drives every flow, standalone and distributed with ${ROUTERS} routers; forged, reused and revoked tokens are refused`,
  bounds: {
    arrangements: { min: 2 },
    routers: { min: ROUTERS },
    checks: { min: 60 },
    failed: { max: 0 },
    forgeries: { min: 90 },
    revocations: { min: REVOCATIONS * 2 },
    revoked_ms_p50: { max: 500 },
    revoked_ms_max: { max: 1_000 },
    expired: { min: 2 },
  },
  async run({ say }) {
    const counts = { arrangements: 0, routers: 0, checks: 0, failed: 0, forgeries: 0, revocations: 0, expired: 0 };
    const times: number[] = [];
    let foreign: string | null = null;
    for (const arrangement of ['standalone', 'distributed'] as const) {
      const stack = await startStack({ arrangement, ...(arrangement === 'distributed' ? { routers: ROUTERS } : {}) });
      try {
        const issuer = stack.of('auth')[0]?.url ?? '';
        const check: Bench['check'] = async (name, work) => {
          try {
            await work();
            counts.checks += 1;
          } catch (error) {
            counts.failed += 1;
            say(`${arrangement}: FAILED ${name}: ${error instanceof Error ? error.stack : error}`);
          }
        };
        const bench = { stack, issuer, check };
        const idToken = await userFlows(bench);
        say(`${arrangement}: flows of people: ${counts.checks} checks, ${counts.failed} failed`);
        const madeAt = performance.now();
        const { real, tried } = await forgedTokens(bench, idToken, foreign);
        counts.forgeries += tried;
        await machineFlows(bench);
        say(`${arrangement}: flows of programs: ${counts.checks} checks, ${counts.failed} failed`);
        const each = await revokedTokens(bench, REVOCATIONS);
        times.push(...each);
        counts.revocations += each.length;
        say(`${arrangement}: revoked at ${stack.routerUrls.length} routers after ${Math.round(each.at(-1) ?? 0)} ms at most`);
        if (arrangement === 'distributed') counts.expired += await expired(stack, real, madeAt);
        foreign = real;
        counts.routers = Math.max(counts.routers, stack.routerUrls.length);
        counts.arrangements += 1;
      } finally {
        await stack.stop();
      }
    }
    times.sort((a, b) => a - b);
    const at = (share: number): number => Math.round(times[Math.floor((times.length - 1) * share)] ?? Number.NaN);
    return { ...counts, revoked_ms_p50: at(0.5), revoked_ms_p99: at(0.99), revoked_ms_max: at(1) };
  },
};

/** Waits until a real token has expired and counts the routers that refuse it. */
async function expired(stack: Stack, real: string, madeAt: number): Promise<number> {
  await delay(Math.max(0, LIFE_MS + 1_000 - (performance.now() - madeAt)));
  const answers = await Promise.all(stack.routerUrls.map((url) => call(url, real)));
  return answers.filter(({ status, code }) => status === 401 && code === 'invalid_api_key').length;
}
