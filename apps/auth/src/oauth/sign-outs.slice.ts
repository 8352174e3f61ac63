import { createHash } from 'node:crypto';
import type { CreatedOAuthClient, CreatedUser } from '@tollgate/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { firstSignIn, type PlayBrowser } from '../testing/play-browser.js';
import { type RunningAuth, startAuth } from '../testing/start-auth.js';

const PASSWORD = 'seven bridges over one river';
const CALLBACK = 'https://app.example/callback';
let auth: RunningAuth;
let client: CreatedOAuthClient;
let count = 0;
beforeAll(async () => {
  auth = await startAuth();
  const body = { name: 'app', grant_types: ['authorization_code'], redirect_uris: [CALLBACK], scopes: ['llm:chat'] };
  client = (await auth.call<CreatedOAuthClient>('POST', '/api/v1/oauth/clients', body)).body;
});
afterAll(() => auth.close());

/** A browser at the pages of OAuth: follows redirects until it is asked something or sent away. */
class OAuthBrowser {
  private readonly cookies = new Map<string, { value: string; path: string }>();

  /** Signs in and allows where it is asked to; whether it was asked to sign in. */
  async authorize(email: string): Promise<{ readonly asked: boolean; readonly code: string | null }> {
    const challenge = createHash('sha256').update('v'.repeat(43)).digest('base64url');
    const query = { client_id: client.id, response_type: 'code', redirect_uri: CALLBACK, scope: 'llm:chat' };
    const pkce = { code_challenge: challenge, code_challenge_method: 'S256' };
    let page = await this.go(`/oauth/authorize?${new URLSearchParams({ ...query, ...pkce })}`, null);
    const asked = page.text.includes('/login"');
    if (asked) page = await this.go(formOf(page.text, 'login'), { email, password: PASSWORD });
    if (page.text.includes('/consent"')) page = await this.go(formOf(page.text, 'consent'), {});
    return { asked, code: page.left?.searchParams.get('code') ?? null };
  }

  private async go(path: string, form: Record<string, string> | null): Promise<{ text: string; left: URL | null }> {
    let url = new URL(path, auth.handle.url);
    let body = form;
    for (;;) {
      const sent = [...this.cookies].filter(([, cookie]) => url.pathname.startsWith(cookie.path));
      const response = await fetch(url, {
        method: body === null ? 'GET' : 'POST',
        redirect: 'manual',
        headers: {
          accept: 'text/html',
          origin: auth.handle.url,
          cookie: sent.map(([name, { value }]) => `${name}=${value}`).join('; '),
        },
        ...(body !== null && { body: new URLSearchParams(body) }),
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        this.cookies.set(name, { value, path: /path=([^;]+)/i.exec(cookie)?.[1] ?? '/' });
      }
      const text = await response.text();
      const location = response.headers.get('location');
      if (location === null) return { text, left: null };
      url = new URL(location, url);
      if (url.origin !== auth.handle.url) return { text: '', left: url };
      body = null;
    }
  }
}

const formOf = (text: string, ending: string): string =>
  new RegExp(`action="([^"]+/${ending})"`).exec(text)?.[1] ?? `no form ${ending} in ${text.slice(0, 500)}`;

const ENDS: readonly (readonly [string, (id: string, browser: PlayBrowser) => Promise<{ readonly status: number }>])[] = [
  ['the change of the password', (_, browser) => browser.changePassword(PASSWORD, `${PASSWORD} anew`)],
  ['the reset of the password', (id) => auth.call('POST', `/api/v1/users/${id}/reset-password`)],
  ['the end of all sessions', (id) => auth.call('POST', `/api/v1/users/${id}/end-sessions`)],
];

test.each(ENDS)('%s ends the sign-ins at the pages of OAuth as well', async (_, end) => {
  count += 1;
  const user = { email: `grantor${count}@example.com`, name: 'Grantor', roles: [{ role: 'developer' }] };
  const { body: made } = await auth.call<CreatedUser>('POST', '/api/v1/users', user);
  const console = await firstSignIn(auth.handle.url, made, PASSWORD);
  const browser = new OAuthBrowser();
  expect(await browser.authorize(made.email)).toEqual({ asked: true, code: expect.any(String) });
  expect(await browser.authorize(made.email)).toEqual({ asked: false, code: expect.any(String) });
  expect((await end(made.id, console)).status).toBe(200);
  expect((await browser.authorize(made.email)).asked).toBe(true);
});
