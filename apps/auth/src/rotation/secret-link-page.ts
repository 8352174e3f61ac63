import { createHash } from 'node:crypto';

/** The link stands behind the `#`, which no browser sends: neither logs nor previews of chat programs see it. */
const SCRIPT = `
const link = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
const [button, note, box, text, copy] = ['open', 'note', 'box', 'text', 'copy'].map((id) => document.getElementById(id));
if (!/^[A-Za-z0-9_-]{43}$/.test(link)) { button.disabled = true; note.textContent = 'This address is not complete. Open the link as it was sent to you.'; }
button.addEventListener('click', async () => {
  button.disabled = true;
  try {
    const answer = await fetch('api/v1/secret-links/open', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ link }) });
    const body = await answer.json();
    if (!answer.ok) { note.textContent = body.detail; return; }
    note.textContent = 'This is the new secret of ' + body.name + '. It works from now on, and is shown here only once.';
    text.value = body.token;
    box.hidden = false;
    button.hidden = true;
  } catch {
    button.disabled = false;
    note.textContent = 'The gateway did not answer. Try again.';
  }
});
copy.addEventListener('click', async () => { await navigator.clipboard.writeText(text.value); copy.textContent = 'Copied'; });
`;

const STYLE = `
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText }
main { box-sizing: border-box; width: min(34rem, 100vw); padding: 2rem }
h1 { font-size: 1.4rem; margin: 0 0 .5rem }
button { font: inherit; padding: .6rem 1.2rem; border-radius: .5rem; border: 1px solid; cursor: pointer }
button:disabled { opacity: .5; cursor: default }
textarea { box-sizing: border-box; width: 100%; font: .95rem ui-monospace, monospace; padding: .75rem; margin: 1rem 0 .75rem }
`;

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Shows nothing by itself: opening is a POST that a person asks for by the button. */
export const SECRET_LINK_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>A secret for you</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>A secret for you</h1>
<p id="note" role="status">Somebody has sent you the new secret of an API token. It can be shown once: have the place ready where it belongs.</p>
<button id="open" type="button">Show the secret</button>
<div id="box" hidden>
<textarea id="text" readonly rows="3" aria-label="The secret" spellcheck="false"></textarea>
<button id="copy" type="button">Copy</button>
</div>
<noscript><p>This page needs JavaScript to open the link.</p></noscript>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;

export const SECRET_LINK_PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; script-src ${hash(SCRIPT)}; style-src ${hash(STYLE)}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
