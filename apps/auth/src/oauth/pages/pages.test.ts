import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { consentPage } from './consent-page.js';
import { errorPage } from './error-page.js';
import { loginPage } from './login-page.js';
import { pageHeaders } from './send-page.js';

const EVIL = `"><script>alert('x')</script>&`;
const shared = { action: '/oauth/interaction/x', clientName: EVIL, host: 'gate.example' };
const PAGES = {
  login: loginPage({ ...shared, email: EVIL, problem: EVIL }),
  consent: consentPage({
    ...shared,
    user: { name: EVIL, email: EVIL },
    scopes: ['llm:chat', EVIL],
    withheld: [EVIL],
    redirectUri: 'https://app.example/callback',
  }),
  error: errorPage(EVIL, EVIL),
};

test('nothing that others wrote becomes markup', () => {
  for (const text of Object.values(PAGES)) {
    expect(text).not.toContain('<script');
    expect(text).not.toContain(`alert('`);
  }
  expect(PAGES.login).toContain('value="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;"');
  expect(PAGES.error).not.toContain('alert');
});

test('every field has its label, every page a language, a title and one heading', () => {
  for (const text of Object.values(PAGES)) {
    expect(text).toContain('<html lang="en">');
    expect(text.match(/<h1>/g)).toHaveLength(1);
    expect(text).toMatch(/<title>[^<]+ · Tollgate<\/title>/);
    for (const [, id = ''] of text.matchAll(/<input id="([^"]+)"/g)) expect(text).toContain(`<label for="${id}">`);
  }
  expect(PAGES.login).toContain('role="alert"');
  expect(PAGES.login).toContain('aria-describedby="problem"');
});

test('the style is the one that the policy allows, and nothing else is loaded', () => {
  const policy = pageHeaders({ formTarget: 'https://app.example' })['content-security-policy'] ?? '';
  expect(policy).toContain("form-action 'self' https://app.example;");
  expect(policy).not.toContain('unsafe');
  for (const text of Object.values(PAGES)) {
    const style = /<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? '';
    expect(policy).toContain(`style-src 'sha256-${hash('sha256', style, 'base64')}'`);
    expect(text).not.toMatch(/\b(src|srcset|background)=|@import|url\(/);
  }
});
