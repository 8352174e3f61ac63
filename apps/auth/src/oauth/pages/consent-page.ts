import { html } from './escape-html.js';
import { page } from './page.js';

export interface ConsentPage {
  readonly action: string;
  readonly clientName: string;
  readonly user: { readonly name: string; readonly email: string };
  readonly scopes: readonly string[];
  /** Scopes that were asked for and that the user does not hold. */
  readonly withheld: readonly string[];
  /** Where the answer goes. */
  readonly redirectUri: string;
  readonly host: string;
}

const VERBS: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/^llm:chat$/, 'Send prompts to language models and read the answers'],
  [/^llm:embed/, 'Make embeddings'],
  [/^llm:\*$/, 'Use language models in every way'],
  [/^llm:/, 'Use language models'],
  [/^api:/, 'Call prompt APIs'],
  [/^mcp:/, 'Call tools'],
  [/^usage:/, 'Read usage and cost'],
];
const meaningOf = (scope: string): string => VERBS.find(([pattern]) => pattern.test(scope))?.[1] ?? 'Use this permission';

export function consentPage(consent: ConsentPage): string {
  const { action, clientName, user, scopes, withheld, redirectUri, host } = consent;
  const [initial = '?'] = [...(user.name || user.email)];
  const items = scopes.map((scope) => html`<li><span>${meaningOf(scope)}</span><code>${scope}</code></li>`);
  return page(
    `Allow ${clientName}?`,
    html`<h1>Allow ${clientName} to act for you?</h1>
<p class="lead">It will use this gateway on your behalf until the permission is taken back.</p>
<div class="who"><span class="face" aria-hidden="true">${initial.toUpperCase()}</span><div><strong>${user.name}</strong><span>${user.email}</span></div></div>
<h2 id="may">${clientName} may</h2>
<ul aria-labelledby="may">${items}</ul>
${withheld.length === 0 ? null : html`<p class="fine">You do not hold, and so cannot allow: ${withheld.join(', ')}</p>`}
<p class="fine">You will be sent to <strong>${originOf(redirectUri)}</strong></p>
<div class="row">
<form method="post" action="${action}/abort"><button class="plain" type="submit">Deny</button></form>
<form method="post" action="${action}/consent"><button class="primary" type="submit">Allow</button></form>
</div>`,
    host,
  );
}

const originOf = (uri: string): string => (URL.canParse(uri) ? new URL(uri).origin : '');
