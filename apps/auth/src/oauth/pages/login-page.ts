import { html } from './escape-html.js';
import { page } from './page.js';

export interface LoginPage {
  readonly action: string;
  readonly clientName: string;
  /** What was typed before, or hinted by the application. */
  readonly email: string;
  /** Why the last attempt failed; null at the first. */
  readonly problem: string | null;
  /** Where the user is: our own host. */
  readonly host: string;
}

export function loginPage({ action, clientName, email, problem, host }: LoginPage): string {
  const invalid = problem === null ? html`` : html` aria-invalid="true" aria-describedby="problem"`;
  const focusEmail = email === '';
  return page(
    problem === null ? 'Sign in' : 'Error: Sign in',
    html`<h1>Sign in</h1>
<p class="lead">to continue to <strong>${clientName}</strong></p>
${problem === null ? null : html`<p class="notice" id="problem" role="alert">${problem}</p>`}
<form method="post" action="${action}/login">
<label for="email">Email address</label>
<input id="email" name="email" type="email" autocomplete="username" required maxlength="254" value="${email}" spellcheck="false" autocapitalize="none"${focusEmail ? html` autofocus` : null}${invalid}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="256"${focusEmail ? null : html` autofocus`}${invalid}>
<button class="primary" type="submit">Sign in</button>
</form>
<form method="post" action="${action}/abort" class="cancel">
<button class="plain" type="submit">Cancel</button>
</form>`,
    host,
  );
}
