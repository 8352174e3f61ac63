import type { FirstTokens } from './first-tokens.js';

/** The one line that scripts wait for, and what a person does next. Secrets are shown at the first start and never again. */
export function readyText(url: string, first: FirstTokens | null): string {
  if (first === null) {
    return (
      `ready url=${url}\n\n` +
      'The tokens were shown at the first start. To make another one with the admin token:\n\n' +
      `  curl ${url}/api/v1/tokens -H "Authorization: Bearer $TOLLGATE_ADMIN" -H "Content-Type: application/json" \\\n` +
      `    -d '{"name":"my app","scopes":["llm:*"]}'\n\n`
    );
  }
  return (
    `ready url=${url} token=${first.token} admin=${first.admin}\n\n` +
    ownerText(first) +
    'Both are shown only this once: keep them. Try it:\n\n' +
    `  curl ${url}/v1/chat/completions -H "Authorization: Bearer ${first.token}" -H "Content-Type: application/json" \\\n` +
    `    -d '{"model":"demo/chat","messages":[{"role":"user","content":"Hello"}]}'\n\n`
  );
}

const ownerText = ({ owner }: FirstTokens): string =>
  owner === undefined ? '' : `${owner.email} signs in with the first password ${owner.password} and then chooses another.\n\n`;
