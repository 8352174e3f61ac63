import type { Operations } from '@tollgate/contracts';

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h2{margin-top:2rem;text-transform:capitalize}article{border-top:1px solid #d5d9de;padding:.75rem 0}
code{font:14px ui-monospace,monospace}.method{display:inline-block;min-width:4.5rem;font-weight:700}.scope{color:#57606a;font-size:14px}
@media(prefers-color-scheme:dark){body{color:#e6e9ec;background:#15181b}article{border-color:#3a4046}.scope{color:#a5adb5}}`;

/** The operations by resource, as one page without scripts and without anything from elsewhere. */
export function renderDocsPage(operations: Operations): string {
  const tags = [...new Set(Object.values(operations).map((operation) => operation.tag))].sort();
  const sections = tags.map((tag) => {
    const own = Object.entries(operations).filter(([, operation]) => operation.tag === tag);
    const articles = own.map(
      ([
        id,
        operation,
      ]) => `<article id="${escapeHtml(id)}"><h3><code><span class="method">${operation.method}</span>${escapeHtml(operation.path)}</code></h3>
<p>${escapeHtml(operation.summary)}.${operation.description === undefined ? '' : ` ${escapeHtml(operation.description)}`}</p>
<p class="scope">${operation.permission === null ? 'Open to all.' : `Needs the scope <code>${escapeHtml(operation.permission)}</code>.`}</p></article>`,
    );
    return `<h2>${escapeHtml(tag)}</h2>\n${articles.join('\n')}`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Tollgate management API</title>
<style>${STYLE}</style></head><body><h1>Tollgate management API</h1>
<p>Send a management token as <code>Authorization: Bearer tga_...</code>. The whole description, with every field: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
${sections.join('\n')}
</body></html>
`;
}
