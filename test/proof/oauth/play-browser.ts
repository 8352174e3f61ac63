interface Cookie {
  readonly value: string;
  readonly path: string;
}

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** Where it leads away from the gateway; null = it is a page of the gateway. */
  readonly leftTo: URL | null;
}

/** A browser without JavaScript: follows redirects, keeps cookies by path, sends forms. It stops where it would leave the gateway. */
export class PlayBrowser {
  private readonly cookies = new Map<string, Cookie>();

  private readonly origin: string;

  constructor(origin: string) {
    this.origin = origin;
  }

  get(url: string): Promise<Page> {
    return this.go(url, 'GET', null);
  }

  /** Sends the form whose action ends so, filled in. */
  submit(page: Page, ending: string, fields: Readonly<Record<string, string>> = {}): Promise<Page> {
    const actions = [...page.text.matchAll(/<form method="post" action="([^"]+)"/g)].map(([, action = '']) => action);
    const action = actions.find((each) => each.endsWith(ending));
    if (action === undefined) throw new Error(`no form ${ending} at ${page.url} (${page.status}): ${page.text.slice(-600)}`);
    return this.go(new URL(action, page.url).href, 'POST', new URLSearchParams(fields));
  }

  /** Signs in and allows, as far as it is asked. */
  async authorize(url: string, user: { readonly email: string; readonly password: string }): Promise<Page> {
    let page = await this.get(url);
    if (page.leftTo === null && page.text.includes('/login"')) {
      page = await this.submit(page, '/login', { email: user.email, password: user.password });
    }
    if (page.leftTo === null && page.text.includes('/consent"')) page = await this.submit(page, '/consent');
    return page;
  }

  private async go(start: string, method: 'GET' | 'POST', body: URLSearchParams | null): Promise<Page> {
    let [url, verb, form] = [start, method, body];
    for (let hops = 0; hops < 10; hops += 1) {
      const { pathname } = new URL(url);
      const sent = [...this.cookies].filter(([, { path }]) => pathname.startsWith(path));
      const response = await fetch(url, {
        method: verb,
        redirect: 'manual',
        headers: {
          accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
          ...(sent.length === 0 ? {} : { cookie: sent.map(([name, { value }]) => `${name}=${value}`).join('; ') }),
          ...(verb === 'POST' ? { origin: this.origin } : {}),
        },
        ...(form === null ? {} : { body: form }),
      });
      for (const line of response.headers.getSetCookie()) this.keep(line);
      const location = response.headers.get('location');
      const text = await response.text();
      if (location === null) return { url, status: response.status, text, headers: response.headers, leftTo: null };
      const next = new URL(location, url);
      if (next.origin !== this.origin) {
        return { url, status: response.status, text, headers: response.headers, leftTo: next };
      }
      [url, verb, form] = [next.href, 'GET', null];
    }
    throw new Error(`too many redirects from ${start}`);
  }

  private keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const path = /;\s*path=([^;]+)/i.exec(line)?.[1] ?? '/';
    if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) this.cookies.delete(name);
    else this.cookies.set(name, { value, path });
  }
}
