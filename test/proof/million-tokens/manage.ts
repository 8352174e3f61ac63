import type { Stack } from '@tollgate/testing';
import type { StoredToken } from './fill.ts';
import { spentOn } from './processes.ts';

/** One kind of question to the management API, asked several times. */
export interface Asked {
  /** Milliseconds of the clock. */
  readonly p95Ms: number;
  /** Milliseconds of CPU of auth and of Postgres, each time. */
  readonly cpuMs: number;
}

const TIMES = 20;

const QUESTIONS: Readonly<
  Record<string, (nth: number, tokens: readonly StoredToken[]) => readonly [method: string, path: string, body?: object]>
> = {
  list: () => ['GET', '/api/v1/tokens?limit=50'],
  list_active: () => ['GET', '/api/v1/tokens?limit=50&status=active&type=api_key'],
  list_by_name: () => ['GET', '/api/v1/tokens?limit=50&sort=name'],
  list_by_expiry: () => ['GET', '/api/v1/tokens?limit=50&sort=expires_at'],
  list_by_use: () => ['GET', '/api/v1/tokens?limit=50&sort=-last_used_at'],
  search_common: () => ['GET', '/api/v1/tokens?limit=50&name=used'],
  search_none: (nth) => ['GET', `/api/v1/tokens?limit=50&name=${encodeURIComponent(`% nothing ${nth}`)}`],
  search_tag: () => ['GET', '/api/v1/tokens?limit=50&tag=none'],
  read: (nth, tokens) => ['GET', `/api/v1/tokens/${tokens[nth]?.id}`],
  change: (nth, tokens) => ['PATCH', `/api/v1/tokens/${tokens[nth]?.id}`, { name: `renamed ${nth}` }],
  revoke: (nth, tokens) => ['POST', `/api/v1/tokens/${tokens[nth]?.id}/revoke`],
};

/** `tokens`: not used by anybody else from now on. */
export async function askManagement(
  stack: Stack,
  postmaster: number,
  tokens: readonly StoredToken[],
): Promise<Readonly<Record<string, Asked>>> {
  const answers: Record<string, Asked> = {};
  for (const [name, questionOf] of Object.entries(QUESTIONS)) {
    const times: number[] = [];
    const { spent } = await spentOn(stack, postmaster, async () => {
      for (let nth = 0; nth < TIMES; nth += 1) {
        const [method, path, body] = questionOf(nth, tokens);
        const since = performance.now();
        const answer = await stack.api(path, { method, ...(body !== undefined && { body }) });
        if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
        times.push(performance.now() - since);
      }
    });
    answers[name] = { p95Ms: p95(times), cpuMs: (spent.auth + spent.postgres) / TIMES / 1_000 };
  }
  return answers;
}

const p95 = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] ?? 0;
