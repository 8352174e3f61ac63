import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type ConfigFileContent, ConfigFileSchema } from './schema.js';

export interface ConfigProblem {
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

export type ConfigReading =
  | { readonly ok: true; readonly content: ConfigFileContent; lineOf(path: readonly PropertyKey[]): number }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Reads the text of a tollgate.yaml; every mistake comes with its line. Nothing of a value is repeated: it may be a secret. */
export function readConfig(text: string): ConfigReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const lineOf = (path: readonly PropertyKey[]): number => lineOfPath(document, lines, path);
  const [first] = document.errors;
  if (first !== undefined) {
    const problems = document.errors.map((error) => ({
      line: lines.linePos(error.pos[0]).line,
      message: shortMessage(error.message),
    }));
    return { ok: false, problems };
  }
  let value: unknown;
  try {
    // Aliases can grow a small file into gigabytes; nobody needs more than this.
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return {
      ok: false,
      problems: [{ line: 1, message: error instanceof Error ? shortMessage(error.message) : 'cannot be read' }],
    };
  }
  const result = ConfigFileSchema.safeParse(value);
  if (result.success) return { ok: true, content: result.data, lineOf };
  return { ok: false, problems: result.error.issues.flatMap((issue) => problemsOf(issue, lineOf)) };
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, lineOf: (path: readonly PropertyKey[]) => number): ConfigProblem[] {
  const named = (path: readonly PropertyKey[]): string => (path.length === 0 ? '' : `${path.map(String).join('.')}: `);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      line: lineOf([...issue.path, key]),
      message: `${named([...issue.path, key])}is not a known field`,
    }));
  }
  const reason = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [{ line: lineOf(issue.path), message: `${named(issue.path)}${reason}` }];
}

/** Line of the key where there is one, else of the nearest parent. */
function lineOfPath(document: ReturnType<typeof parseDocument>, lines: LineCounter, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = rangeStart(node) ?? 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (pair === undefined) break;
      offset = rangeStart(pair.key) ?? offset;
      node = pair.value;
    } else {
      const item =
        typeof node === 'object' && node !== null && 'items' in node ? (node.items as unknown[])[Number(part)] : undefined;
      if (item === undefined) break;
      offset = rangeStart(item) ?? offset;
      node = item;
    }
  }
  return lines.linePos(offset).line;
}

function rangeStart(node: unknown): number | null {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return null;
  return Number(node.range[0]);
}

const shortMessage = (message: string): string => (message.split('\n')[0] ?? message).slice(0, 200);
