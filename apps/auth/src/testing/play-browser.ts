import type { CreatedUser, SessionView } from '@tollgate/contracts';

export interface BrowserAnswer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

/** A browser on a page of the gateway: keeps cookies, says where its requests come from, and brings the CSRF token along. */
export class PlayBrowser {
  readonly cookies = new Map<string, string>();
  csrf: string | null = null;

  constructor(private readonly url: string) {}

  async call<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string | null>> = {},
  ): Promise<BrowserAnswer<T>> {
    const all = new Headers({ cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') });
    if (method !== 'GET') all.set('origin', this.url);
    if (this.csrf !== null) all.set('x-tollgate-csrf', this.csrf);
    if (body !== undefined) all.set('content-type', 'application/json');
    for (const [name, value] of Object.entries(headers)) {
      if (value === null) all.delete(name);
      else all.set(name, value);
    }
    const response = await fetch(this.url + path, {
      method,
      headers: all,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const text = await response.text();
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T, headers: response.headers };
  }

  async signIn(email: string, password: string): Promise<BrowserAnswer<SessionView>> {
    const answer = await this.call<SessionView>('POST', '/api/v1/sessions', { email, password });
    if (answer.status === 201) this.csrf = answer.body.csrf_token;
    return answer;
  }

  async changePassword(current: string, next: string): Promise<BrowserAnswer<SessionView>> {
    const body = { current_password: current, new_password: next };
    const answer = await this.call<SessionView>('POST', '/api/v1/account/password', body);
    if (answer.status === 200) this.csrf = answer.body.csrf_token;
    return answer;
  }
}

/** What a new user does first: signs in with the password that they were given, and chooses one of their own. */
export async function firstSignIn(url: string, user: CreatedUser, password: string): Promise<PlayBrowser> {
  const browser = new PlayBrowser(url);
  await browser.signIn(user.email, user.initial_password);
  const changed = await browser.changePassword(user.initial_password, password);
  if (changed.status !== 200) throw new Error(`the password could not be changed: ${JSON.stringify(changed.body)}`);
  return browser;
}
