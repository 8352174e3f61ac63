import { serviceOfPath } from '@tollgate/contracts';
import type { Stack } from '@tollgate/testing';

export interface Answer {
  readonly status: number;
  /** Of a problem. */
  readonly code: string | null;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever an operation answers.
  readonly body: any;
}

/** Somebody who calls the management API. */
export interface Caller {
  readonly name: string;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
}

/** Where the service of a path answers: the one origin, or its own process. */
const baseOf = (stack: Stack, path: string): string => {
  const service = serviceOfPath(path.split('?')[0] ?? path);
  return service === null ? stack.url : (stack.of(service)[0]?.url ?? stack.url);
};

async function send(
  url: string,
  method: string,
  headers: Record<string, string>,
  body: unknown,
): Promise<Answer & { cookies: string[] }> {
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') === true && !text.includes('\n{');
  const parsed: unknown = json && text !== '' ? JSON.parse(text) : null;
  const code = (parsed as { code?: unknown } | null)?.code;
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
  return { status: response.status, code: typeof code === 'string' ? code : null, text, body: parsed, cookies };
}

export const nobody = (stack: Stack): Caller => ({
  name: 'no credential',
  call: (method, path, body) => send(baseOf(stack, path) + path, method, {}, body),
});

export const holder = (stack: Stack, name: string, token: string): Caller => ({
  name,
  call: (method, path, body) => send(baseOf(stack, path) + path, method, { authorization: `Bearer ${token}` }, body),
});

/** Signs in anew where the session has ended: some operations end it. */
export async function person(stack: Stack, name: string, email: string, password: string): Promise<Caller> {
  let cookies: readonly string[] = [];
  let csrf = '';
  const signIn = async (): Promise<void> => {
    const base = baseOf(stack, '/api/v1/sessions');
    // The devices' cookie stays: whoever has signed in before is not held up.
    const answer = await send(
      `${base}/api/v1/sessions`,
      'POST',
      { origin: base, cookie: cookies.join('; ') },
      { email, password },
    );
    if (answer.status !== 201) throw new Error(`${name} could not sign in: ${answer.status} ${answer.text}`);
    const device = cookies.filter((cookie) => cookie.includes('-device='));
    cookies = [...device, ...answer.cookies];
    csrf = (answer.body as { csrf_token: string }).csrf_token;
  };
  await signIn();
  return {
    name,
    call: async (method, path, body) => {
      const base = baseOf(stack, path);
      const ask = () => send(base + path, method, { origin: base, cookie: cookies.join('; '), 'x-tollgate-csrf': csrf }, body);
      const answer = await ask();
      if (answer.status !== 401 || answer.code !== 'invalid_api_key') return answer;
      await signIn();
      return ask();
    },
  };
}

/** The answer, or an error that says what was wrong with it. */
export async function good(answer: Promise<Answer>): Promise<Answer['body']> {
  const { status, text, body } = await answer;
  if (status >= 300) throw new Error(`${status} ${text}`);
  return body;
}
