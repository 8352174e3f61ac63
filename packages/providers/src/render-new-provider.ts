const title = (name: string): string =>
  name.replace(/(^|-)(\w)/g, (_, dash: string, letter: string) => `${dash && ' '}${letter.toUpperCase()}`);

/**
 * The files of a new vendor's folder, by name. They build and pass as they are but for the conformance of rows, which refuses the
 * placeholder host until the vendor's own stands there.
 */
export function renderNewProvider(name: string): Readonly<Record<string, string>> {
  return {
    'provider.ts': `import type { ProviderRow } from '../provider-row.js';

export const provider: ProviderRow = {
  name: '${name}',
  title: '${title(name)}',
  kind: 'native',
  baseUrl: 'https://api.${name}.invalid',
  settings: [],
  auth: { type: 'bearer' },
  headers: {},
  serves: [{ endpoint: 'chat.completions', dialect: 'openai-chat', path: '/v1/chat/completions' }],
  keyVariables: ['${name.replaceAll('-', '_').toUpperCase()}_API_KEY'],
  baseUrlVariable: null,
  quirks: [],
  errors: 'openai',
  check: null,
  pricesId: null,
  localByDefault: false,
  docs: 'https://docs.${name}.invalid',
  verified: 'docs',
};
`,
    'README.md': `# ${title(name)}

What it is, in one sentence.

**Auth.** Which header, which variables its own SDK reads.

**Endpoints.** Which of its API are served, at which paths, in which dialect.

**Quirks.** Where it departs from that dialect; the form of its errors; how it asks to wait.

**Free check.** The call that tells a good key from a bad one at no cost, or why there is none.

## Provenance

| fact | source |
| --- | --- |
| base URL, paths | link |
| variables | link |
`,
  };
}
