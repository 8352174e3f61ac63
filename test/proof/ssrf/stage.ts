import { type Stack, waitFor } from '@tollgate/testing';
import { inLanes } from '../forgery/ask.ts';

export type Counts = Record<
  | 'base_urls'
  | 'settings'
  | 'files_and_variables'
  | 'redirects'
  | 'content_urls'
  | 'content_carried'
  | 'call_fields'
  | 'webhooks'
  | 'refused_at_save'
  | 'refused_at_connect'
  | 'answered',
  number
>;

export interface Stage {
  readonly stack: Stack;
  readonly counts: Counts;
  readonly canaryPort: number;
  readonly redirectorPort: number;
  /** Of providers; must stand in nothing that anybody gets to see. */
  readonly secret: string;
  /** Everything that the product has answered. */
  readonly answers: string[];
  say(text: string): void;
}

const LANES = 6;

/** The management API, all whose answers are kept. */
export async function manage(
  stage: Stage,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: never }> {
  const answer = await stage.stack.api(path, { method, ...(body === undefined ? {} : { body }) });
  stage.answers.push(JSON.stringify(answer.body));
  return answer as { status: number; body: never };
}

/** A call of the data plane; its status. */
export async function call(
  stage: Stage,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const response = await fetch(`${stage.stack.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.stack.token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  stage.answers.push(`${JSON.stringify([...response.headers])} ${await response.text()}`);
  return response.status;
}

export const hello = (model: string) => ({ model, messages: [{ role: 'user', content: 'hello' }] });

/** Calls a model that must lead nowhere. */
export async function expectNowhere(stage: Stage, model: string, what: string): Promise<void> {
  // 404 = the router has not heard of it yet.
  const status = await waitFor(
    async () => {
      const answered = await call(stage, '/v1/chat/completions', hello(model));
      return answered === 404 ? null : answered;
    },
    { timeoutMs: 15_000, intervalMs: 50, what: `the router to know ${model}` },
  );
  if (status >= 500 && status < 600) stage.counts.refused_at_connect += 1;
  else {
    stage.counts.answered += 1;
    stage.say(`${what} was answered with ${status}`);
  }
}

export const inTurns = <T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> =>
  inLanes(
    items.map((item, index) => ({ item, index })),
    LANES,
    ({ item, index }) => work(item, index),
  );
