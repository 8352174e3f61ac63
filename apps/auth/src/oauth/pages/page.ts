import { Html, html } from './escape-html.js';
import { STYLE } from './style.js';

const MARK = new Html(
  '<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" aria-hidden="true" focusable="false"><path d="M5 27V10a5 5 0 0 1 5-5h12a5 5 0 0 1 5 5v17"/><path d="M5 16h22M12 16v11M20 16v11"/></svg>',
);

/** The frame of every page: no script, nothing loaded. */
export const page = (title: string, body: Html, footer = ''): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Tollgate</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<p class="brand">${MARK}<span>Tollgate</span></p>
<div class="sheet">
${body}
</div>
</main>
<footer>${footer}</footer>
</body>
</html>
`.text;
