import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { waitFor } from '@tollgate/testing';

/** A block of shell commands of a page, and what the comment before it says of the answers. */
export interface PageCommand {
  readonly text: string;
  /** Status and a part of the answer; null = each answer is good. */
  readonly refused: { readonly status: string; readonly part: string } | null;
  /** Variables for the commands after it, by their place in the answer. */
  readonly keep: readonly (readonly [variable: string, path: string])[];
}

const BLOCK = /(?:<!-- (keep|answers)(.*?) -->\n)?```sh\n([\s\S]*?)```/g;

/** `<!-- keep NAME=a.b -->` or `<!-- answers 400 some text -->` stand before a block, and show on no page. */
export const commandsOf = (page: string): readonly PageCommand[] =>
  [...page.matchAll(BLOCK)]
    .map(([, kind, rest = '', text = '']): PageCommand => {
      const words = rest.trim();
      if (kind === 'answers') {
        return { text, refused: { status: words.slice(0, 3), part: words.slice(4) }, keep: [] };
      }
      const keep = words === '' ? [] : words.split(' ').map((each) => each.split('=') as [string, string]);
      return { text, refused: null, keep };
    })
    .filter(({ text }) => /^curl /m.test(text));

interface Answers {
  readonly statuses: readonly string[];
  readonly text: string;
}

const CURL = `curl() { command curl -sS -w '\\n=%{http_code}=\\n' "$@"; }\n`;

async function ask(text: string, variables: Readonly<Record<string, string>>): Promise<Answers> {
  const env = { PATH: process.env['PATH'] ?? '', ...variables };
  const { stdout } = await promisify(execFile)('sh', ['-c', CURL + text], { env });
  const statuses = [...stdout.matchAll(/\n=(\d{3})=\n/g)].map(([, status = '']) => status);
  return { statuses, text: stdout.replace(/\n=\d{3}=\n/g, '\n').trim() };
}

/** Runs the block as pasted into a shell that has the variables, until it answers as the page says: routers hear of a change within a second. Returns the variables after it. */
export async function runCommand(
  { text, refused, keep }: PageCommand,
  variables: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const isAsSaid = ({ statuses, text: answer }: Answers): boolean =>
    refused === null
      ? statuses.length > 0 && statuses.every((status) => status.startsWith('2'))
      : statuses.join() === refused.status && answer.includes(refused.part);
  let answers = await ask(text, variables);
  if (refused !== null && !isAsSaid(answers)) {
    await waitFor(
      async () => {
        answers = await ask(text, variables);
        return isAsSaid(answers);
      },
      { timeoutMs: 3_000, intervalMs: 50, what: `${refused.status} ${refused.part}` },
    ).catch(() => undefined);
  }
  if (!isAsSaid(answers)) throw new Error(`${text}answers ${answers.statuses.join()}: ${answers.text}`);
  if (keep.length === 0) return variables;
  const body: unknown = JSON.parse(answers.text);
  return { ...variables, ...Object.fromEntries(keep.map(([name, path]) => [name, valueAt(body, path)])) };
}

function valueAt(body: unknown, path: string): string {
  const value = path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | null)?.[name], body);
  if (typeof value !== 'string' || value === '') throw new Error(`no ${path} in ${JSON.stringify(body)}`);
  return value;
}
