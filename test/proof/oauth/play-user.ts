import type { Stack } from '@tollgate/testing';

export interface PlayUser {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

let users = 0;

/** A user who has chosen a password of their own. */
export async function makeUser(stack: Stack, roles: readonly string[] = ['developer']): Promise<PlayUser> {
  users += 1;
  const email = `user-${process.pid}-${users}@example.com`;
  const made = await stack.api('/api/v1/users', {
    method: 'POST',
    body: { email, name: `User ${users}`, roles: roles.map((role) => ({ role, team_id: null })) },
  });
  if (made.status !== 201) throw new Error(`no user: ${made.status} ${JSON.stringify(made.body)}`);
  const { id, initial_password: first } = made.body as { id: string; initial_password: string };
  const url = stack.of('auth')[0]?.url ?? '';
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url, ...headers },
      body: JSON.stringify(body),
    });
  const session = await post('/api/v1/sessions', { email, password: first });
  if (session.status !== 201) throw new Error(`no session: ${session.status} ${await session.text()}`);
  const cookie = session.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  const { csrf_token: csrf } = (await session.json()) as { csrf_token: string };
  const password = `correct horse battery ${process.pid} ${users}`;
  const changed = await post(
    '/api/v1/account/password',
    { current_password: first, new_password: password },
    { cookie, 'x-tollgate-csrf': csrf },
  );
  if (changed.status !== 200) throw new Error(`password not changed: ${changed.status} ${await changed.text()}`);
  return { id, email, password };
}
