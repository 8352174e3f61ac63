import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface SourceFile {
  /** Path from the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly isTest: boolean;
  /** Module names as written. */
  readonly imports: readonly string[];
}

const IMPORT = /(?:^|\n)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;
const isTestPath = (path: string) =>
  /\.(test|slice|bench|fixture)\.ts$/.test(path) || /\/(testing|fixtures|conformance)\//.test(path);

/** Every TypeScript source of a room, generated files included, built ones not. */
export function readRoom(root: string, room: string): SourceFile[] {
  const files: SourceFile[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (['dist', 'node_modules', '.turbo'].includes(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (/\.(ts|tsx)$/.test(entry.name)) files.push(readSource(root, path));
    }
  };
  walk(join(root, room));
  return files;
}

function readSource(root: string, path: string): SourceFile {
  const text = readFileSync(path, 'utf8');
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '');
  const imports = [...code.matchAll(IMPORT)].map((match) => (match[1] ?? match[2]) as string);
  const name = relative(root, path).replaceAll('\\', '/');
  return { path: name, text, isTest: isTestPath(name), imports };
}
