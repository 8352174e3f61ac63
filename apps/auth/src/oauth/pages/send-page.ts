import type { ServerResponse } from 'node:http';
import { STYLE_HASH } from './style.js';

export interface PageSettings {
  /** Origin that a form of the page may end up at after redirects; null = our own alone. */
  readonly formTarget: string | null;
}

/** No script at all, one style by its hash, no frame around it, and no address of it handed on. */
export function pageHeaders({ formTarget }: PageSettings): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    `style-src '${STYLE_HASH}'`,
    // Browsers apply it to where a form's answer redirects, too.
    `form-action 'self'${formTarget === null ? '' : ` ${formTarget}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), publickey-credentials-get=()',
    'cache-control': 'no-store',
  };
}

export function sendPage(response: ServerResponse, status: number, text: string, settings: PageSettings): void {
  const body = Buffer.from(text);
  response.writeHead(status, { ...pageHeaders(settings), 'content-length': body.length });
  response.end(body);
}
