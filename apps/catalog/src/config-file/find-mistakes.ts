import { readFile } from 'node:fs/promises';
import { CATALOG_ENVIRONMENT } from '../config.js';
import type { ConfigProblem } from './read-config.js';

const SHOWN_MAX = 20;

/** What keeps the file that TOLLGATE_CONFIG names from being used, one line each; empty where it is good or none is named. */
export async function findMistakes(variables: Readonly<Record<string, string | undefined>>): Promise<readonly string[]> {
  const path = variables[CATALOG_ENVIRONMENT.configPath.name];
  if (path === undefined || path === '') return [];
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return [unreadable(path, error)];
  }
  // Only who has a file pays for the parser and the tables of vendors.
  const [{ readConfig }, { resolveConfig }] = await Promise.all([import('./read-config.js'), import('./resolve-config.js')]);
  const reading = readConfig(text);
  const result = reading.ok ? await resolveConfig(reading, variables, new Date()) : reading;
  return result.ok ? [] : linesOf(path, result.problems);
}

export function unreadable(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return `${path} cannot be read (${code}): mend TOLLGATE_CONFIG or the file.`;
}

/** `path:line:column: what is wrong`, as editors and terminals take it. */
export function linesOf(path: string, problems: readonly ConfigProblem[]): readonly string[] {
  const lines = problems.slice(0, SHOWN_MAX).map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`);
  const more = problems.length - lines.length;
  return more > 0 ? [...lines, `${path}: ${more} more mistakes`] : lines;
}
