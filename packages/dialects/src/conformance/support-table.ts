import { type Carried, carryReply, carryRequest } from './carry.js';
import { REPLY_FEATURES } from './reply-features.js';
import { REQUEST_FEATURES } from './request-features.js';
import { CONFORMANCE_ROWS, type ConformanceRow } from './rows.js';

const callers = CONFORMANCE_ROWS.filter(({ dialect }) => dialect.caller !== null && dialect.upstream !== null);
const upstreams = CONFORMANCE_ROWS.filter(({ dialect }) => dialect.upstream !== null);

const cell = (carried: Carried | null): string => {
  if (carried === null) return '-';
  return carried.dropped.length === 0 ? 'yes' : `no: ${carried.dropped.map((name) => `\`${name}\``).join(' ')}`;
};
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

const requestsTo = (caller: ConformanceRow): string =>
  table(
    [`asked in ${caller.dialect.name}`, ...upstreams.map(({ dialect }) => dialect.name)],
    REQUEST_FEATURES.map((feature) => [
      feature.name,
      ...upstreams.map((upstream) => cell(carryRequest(feature, caller, upstream))),
    ]),
  );

/** docs/dialects.md: what is carried from each dialect to each other one, as the conformance suite finds it. */
export const renderSupportTable = (): string => `# What dialects carry

Generated from the conformance suite of \`packages/dialects\` (\`npm run generate\` there); \`npm run check\` fails where it is stale.
Columns are the vendor's dialect with a model that can do all that the dialect can say. \`yes\`: carried, though perhaps in
the other dialect's own way. \`no\`: not carried, and named to the caller in \`x-tollgate-dropped\` as shown. \`-\`: the caller's
dialect has no way to ask for it.

${callers.map((caller) => `## Requests in ${caller.dialect.name}\n\n${requestsTo(caller)}`).join('\n\n')}

## Answers

What an answer may hold, by the dialect of the caller who gets it.

${table(
  ['in the answer', ...callers.map(({ dialect }) => dialect.name)],
  REPLY_FEATURES.map((feature) => [feature.name, ...callers.map((caller) => cell(carryReply(feature, caller)))]),
)}
`;
