import { type Document, isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { findTooDeep, NESTING_MAX } from './find-too-deep.js';
import { type ConfigFileContent, ConfigFileSchema } from './schema.js';

/** Where something stands; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface ConfigProblem extends Place {
  readonly message: string;
}

export type ConfigReading =
  | { readonly ok: true; readonly content: ConfigFileContent; placeOf(path: readonly PropertyKey[]): Place }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

const CHARACTERS_MAX = 1_048_576;
/** Aliases can grow a small file into gigabytes; nobody needs more than this. */
const ALIASES_MAX = 100;
const START: Place = { line: 1, column: 1 };
const VERSION_HINT = 'write "version: 1"';

/** What the parser says in its own terms, in ours. */
const MESSAGES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab indents this line: YAML takes spaces only',
  DUPLICATE_KEY: 'this field is there already: keep one',
  MULTIPLE_DOCS: 'a second document begins here: keep one per file',
};

/** Reads the text of a tollgate.yaml; every mistake comes with its place. Nothing of a value is repeated: it may be a secret. */
export function readConfig(text: string): ConfigReading {
  if (text.length > CHARACTERS_MAX) return refused({ ...START, message: 'the file is larger than 1 MiB' });
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const deep = findTooDeep(text, lines);
  if (deep !== null) return refused({ ...placeAt(deep), message: `nested more than ${NESTING_MAX} levels deep` });
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      ...placeAt(error.pos[0]),
      message: MESSAGES[error.code] ?? shortMessage(error.message),
    }));
    return { ok: false, problems };
  }
  const placeOf = (path: readonly PropertyKey[]): Place => placeAt(offsetOfPath(document, path));
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch {
    return refused({ ...placeAt(offsetOfAlias(document)), message: aliasMessage(document) });
  }
  const unversioned = checkVersion(value, placeOf);
  if (unversioned !== null) return refused(unversioned);
  const result = ConfigFileSchema.safeParse(value);
  if (result.success) return { ok: true, content: result.data, placeOf };
  return { ok: false, problems: result.error.issues.flatMap((issue) => problemsOf(issue, placeOf)) };
}

const refused = (problem: ConfigProblem): ConfigReading => ({ ok: false, problems: [problem] });

type PlaceOf = (path: readonly PropertyKey[]) => Place;

/** Told by itself: to a file of another version the other rules need not apply. */
function checkVersion(value: unknown, placeOf: PlaceOf): ConfigProblem | null {
  if (value === null || value === undefined) {
    return { ...START, message: `the file is empty: ${VERSION_HINT}, or take the file away` };
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    return { ...placeOf([]), message: `must be a map of fields: begin with "version: 1"` };
  }
  if (!Object.hasOwn(value, 'version')) return { ...placeOf([]), message: `version is missing: ${VERSION_HINT} at the top` };
  if ((value as { version?: unknown }).version === 1) return null;
  return { ...placeOf(['version']), message: `version: this build reads version 1 only: ${VERSION_HINT}` };
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, placeOf: PlaceOf): ConfigProblem[] {
  const named = (path: readonly PropertyKey[]): string => (path.length === 0 ? '' : `${path.map(String).join('.')}: `);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...placeOf([...issue.path, key]),
      message: `${named([...issue.path, key])}is not a known field`,
    }));
  }
  const reason = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [{ ...placeOf(issue.path), message: `${named(issue.path)}${reason}` }];
}

/** Of the key where there is one, else of the nearest parent. */
function offsetOfPath(document: Document.Parsed, path: readonly PropertyKey[]): number {
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
  return offset;
}

function rangeStart(node: unknown): number | null {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return null;
  return Number(node.range[0]);
}

/** Of the first alias without an anchor, else of the first alias. */
function offsetOfAlias(document: Document.Parsed): number {
  const { dangling, first } = aliasesOf(document);
  return dangling ?? first ?? 0;
}

const aliasMessage = (document: Document.Parsed): string =>
  aliasesOf(document).dangling === null
    ? `aliases (*name) stand for more than ${ALIASES_MAX} copies: write them out`
    : 'this alias (*name) has no anchor (&name) before it';

function aliasesOf(document: Document.Parsed): { readonly dangling: number | null; readonly first: number | null } {
  let dangling: number | null = null;
  let first: number | null = null;
  const anchors = new Set<string>();
  visit(document, {
    Alias: (_, alias) => {
      first ??= rangeStart(alias);
      if (!anchors.has(alias.source)) dangling ??= rangeStart(alias);
    },
    Node: (_, node) => {
      if ('anchor' in node && node.anchor !== undefined) anchors.add(node.anchor);
    },
  });
  return { dangling, first };
}

const shortMessage = (message: string): string => (message.split('\n')[0] ?? message).slice(0, 200);
