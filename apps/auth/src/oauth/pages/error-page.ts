import { html } from './escape-html.js';
import { page } from './page.js';

const TEXTS: Readonly<Record<string, readonly [title: string, text: string]>> = {
  invalid_client: ['Unknown application', 'The application that sent you here is not registered, or was switched off.'],
  invalid_redirect_uri: [
    'This link does not lead back',
    'The application asked to be answered at an address that is not registered for it, so nothing was sent there.',
  ],
  invalid_request: ['This sign-in cannot go on', 'The request is not complete. Go back to the application and try again.'],
  session_not_found: ['This sign-in has expired', 'Go back to the application and start again.'],
  access_denied: ['Access was denied', 'Nothing has been granted. You may close this page.'],
  too_many_requests: ['Too many attempts', 'Wait a moment, then try again.'],
  server_error: ['Something went wrong', 'It is our fault. Try again in a moment.'],
};
const OTHER = ['This sign-in cannot go on', 'Go back to the application and try again.'] as const;

/** What the request said is shown nowhere; the error's code and its text, which is ours, are. */
export function errorPage(code: string, description: string | null): string {
  const known = isSessionError(code, description) ? 'session_not_found' : code;
  const [title, text] = TEXTS[known] ?? OTHER;
  const shown = /^[a-z_]{1,64}$/.test(code) ? code : 'error';
  return page(
    title,
    html`<h1>${title}</h1>
<p class="lead">${text}</p>
<p class="fine">For the developers of the application: <code>${shown}</code></p>`,
  );
}

const isSessionError = (code: string, description: string | null): boolean =>
  code === 'invalid_request' && description !== null && /session|expired|interaction/.test(description);
