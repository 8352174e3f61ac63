import { stringify } from 'yaml';
import type { CliIo } from './cli-io.js';

export const OUTPUTS = ['table', 'json', 'yaml'] as const;
export type Output = (typeof OUTPUTS)[number];

type Cell = string | number | boolean | null | readonly string[];
export type Row = Readonly<Record<string, Cell>>;

/** One thing: as two columns, or as JSON or YAML. */
export function printRow(io: CliIo, output: Output, row: Row): void {
  if (output === 'json') io.out(`${JSON.stringify(row, null, 2)}\n`);
  else if (output === 'yaml') io.out(stringify(row));
  else io.out(table(row, coloured(io)));
}

/** https://no-color.org: any value that is not empty. */
export const coloured = ({ outIsTerminal, variables }: CliIo): boolean => outIsTerminal && !variables['NO_COLOR'];

function table(row: Row, colour: boolean): string {
  const width = Math.max(...Object.keys(row).map((key) => key.length));
  return Object.entries(row)
    .map(([key, cell]) => {
      const name = key.replaceAll('_', ' ').padEnd(width + 2);
      return `${colour ? `\u001b[1m${name}\u001b[22m` : name}${textOf(cell)}\n`;
    })
    .join('');
}

function textOf(cell: Cell): string {
  if (cell === null) return '-';
  return Array.isArray(cell) ? cell.join(', ') : plain(String(cell));
}

/** What stands in a file may not steer a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes.
const plain = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
