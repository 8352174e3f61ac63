/** Somebody with a management key. */
export interface Actor {
  readonly id: string;
  readonly token: string;
}

export interface Change {
  readonly action: 'token.created' | 'token.changed' | 'token.revoked';
  readonly actorId: string;
  readonly targetId: string;
  /** As the answer's header names it. */
  readonly requestId: string;
}

export async function call(
  url: string,
  token: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly body: Record<string, unknown>; readonly requestId: string }> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    requestId: response.headers.get('x-tollgate-request-id') ?? '',
  };
}

/** Makes, renames and revokes `tokens` tokens, all actors at once, each step at another replica. Every answer was a success. */
export async function makeChanges(urls: readonly string[], actors: readonly Actor[], tokens: number): Promise<readonly Change[]> {
  const changes: Change[] = [];
  let next = 0;
  const work = async (actor: Actor, replica: number): Promise<void> => {
    while (next < tokens) {
      const number = next++;
      const at = (step: number): string => urls[(replica + step) % urls.length] as string;
      const step = async (
        name: Change['action'],
        index: number,
        method: string,
        path: string,
        body: unknown,
      ): Promise<string> => {
        const answer = await call(at(index), actor.token, method, path, body);
        if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
        const targetId = String(answer.body['id']);
        changes.push({ action: name, actorId: actor.id, targetId, requestId: answer.requestId });
        return targetId;
      };
      const id = await step('token.created', 0, 'POST', '/api/v1/tokens', { name: `token ${number} \u00e4 "\u{1f600}"` });
      await step('token.changed', 1, 'PATCH', `/api/v1/tokens/${id}`, { name: `renamed ${number}` });
      await step('token.revoked', 2, 'POST', `/api/v1/tokens/${id}/revoke`, {});
    }
  };
  // Two at once for each actor.
  await Promise.all([...actors, ...actors].map((actor, index) => work(actor, index)));
  return changes;
}
