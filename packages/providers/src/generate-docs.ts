import type { ProviderRow, ServedEndpoint } from './provider-row.js';
import { QUIRK_MEANINGS, QUIRKS } from './quirks.js';

const KINDS: readonly (readonly [ProviderRow['kind'], string])[] = [
  ['native', 'With a dialect or a signature of their own'],
  ['lab', 'Makers of models'],
  ['cloud', 'Clouds that serve open models'],
  ['platform', 'Platforms and those who pass calls on'],
  ['local', 'On your own machines'],
  ['retrieval', 'Embeddings and ranking'],
  ['demo', 'Built in'],
];

/** Text of docs/providers.md. */
export function renderDocs(rows: readonly ProviderRow[]): string {
  const sections = KINDS.map(([kind, title]) => {
    const lines = rows.filter((row) => row.kind === kind).map(lineOf);
    return `## ${title}\n\n| name | vendor | base URL | variables | endpoints | free check | prices | checked against | notes |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n${lines.join('\n')}\n`;
  });
  const settings = rows.flatMap((row) =>
    row.settings.map(
      ({ name, variables, expected, fallback }) =>
        `| \`${row.name}\` | \`${name}\` | ${list(variables)} | ${expected} | ${fallback === null ? 'must be given' : `\`${fallback}\``} |`,
    ),
  );
  const quirks = QUIRKS.map((quirk) => {
    const names = rows.filter((row) => row.quirks.includes(quirk)).map((row) => row.name);
    return `| \`${quirk}\` | ${QUIRK_MEANINGS[quirk]} | ${list(names)} |`;
  });
  return `# Providers

<!-- Generated from packages/providers; change the rows there and run \`npm run generate\` in that package. -->

A provider whose variable is set in the environment of the provider adapters is registered by itself; any other is added by the management API or in \`tollgate.yaml\`.
Every variable that holds a key is also read from \`<NAME>_FILE\`. A provider of any other name is one that speaks OpenAI's chat completions at the base URL given for it.

A row names what its vendor serves. What the provider adapters do not speak yet (a dialect other than \`openai-chat\`, a signature of AWS, a token of Google or Entra)
they refuse as misconfigured, and the log says which it was.

${sections.join('\n')}
## Settings

Given as \`settings\` beside the base URL, or by variables. A setting of the base URL is not needed where another base URL is given.

| provider | setting | variables | expected | otherwise |
| --- | --- | --- | --- | --- |
${settings.join('\n')}

## Where vendors depart from their dialect

| quirk | what it means | providers |
| --- | --- | --- |
${quirks.join('\n')}
`;
}

function lineOf(row: ProviderRow): string {
  const variables = [...row.keyVariables, ...(row.baseUrlVariable === null ? [] : [row.baseUrlVariable.name])];
  const check = row.check === null ? '-' : `\`${row.check.path}\``;
  const cells = [
    `\`${row.name}\``,
    row.title,
    `\`${row.baseUrl}\``,
    list(variables),
    [...new Set(row.serves.map(nameOf))].join(', '),
    check,
    row.pricesId === null ? 'no' : 'yes',
    `[${row.verified}](${row.docs})`,
    row.note ?? '',
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The conversation by its dialect, all else by its endpoint. */
const nameOf = ({ endpoint, dialect }: ServedEndpoint): string => (endpoint === 'chat.completions' ? dialect : endpoint);

const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ') || '-';
