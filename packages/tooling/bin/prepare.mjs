// Makes a checkout ready to run: installs, builds, and names the Node to go on with. Runs on Node >= 20.19, before
// anything is installed, so it imports nothing but Node itself.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProgress } from './progress.mjs';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const stampFolder = join(root, 'node_modules', '.tollgate');
const REQUIRED_MAJOR = 24;

/** Ends the process with one clear line. */
export function giveUp(message, code = 1) {
  process.stderr.write(`tollgate: ${message}\n`);
  process.exit(code);
}

/**
 * Installs and builds where something has changed since the last time. Returns the path of the pinned Node.
 * @param {{ build?: boolean }} [options]
 */
export async function prepare({ build = true } = {}) {
  checkOwnNode();
  const progress = createProgress(process.stderr);
  if (!installed()) {
    await progress.step('installing packages', () =>
      run(npmCommand(), ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], 'install'),
    );
  }
  const node = pinnedNode();
  if (build) {
    const sources = fingerprint();
    if (readStamp('build') !== sources) {
      await progress.step('building', () =>
        run([node, join(root, 'node_modules/turbo/bin/turbo')], ['run', 'build', '--output-logs=errors-only'], 'build'),
      );
      writeStamp('build', fingerprint());
    }
  }
  return node;
}

/** Runs a program of the project on the pinned Node, hands its signals over, and ends as it ends. */
export function handOver(node, args, env = {}) {
  const child = spawn(node, args, { stdio: 'inherit', cwd: process.cwd(), env: childEnvironment(node, env) });
  // On a terminal the whole group gets Ctrl-C by itself; elsewhere it has to be passed on.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
  child.on('error', (error) => giveUp(`cannot run ${args[0]}: ${error.message}`));
}

/** The environment in which `node` and the project's own commands are the pinned ones. */
export function childEnvironment(node, env = {}) {
  const bin = join(root, 'node_modules', '.bin');
  return { ...process.env, ...env, PATH: `${dirname(node)}:${bin}:${process.env.PATH ?? ''}`, TURBO_TELEMETRY_DISABLED: '1' };
}

function checkOwnNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  giveUp(
    `needs Node 20.19 or newer to set itself up, this is ${process.versions.node}: install a current Node from https://nodejs.org`,
  );
}

function pinnedNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  for (const folder of [`node-linux-${process.arch}`, `node-win-${process.arch}`]) {
    const path = join(root, 'node_modules', folder, 'bin', name);
    if (existsSync(path)) return path;
  }
  if (Number(process.versions.node.split('.')[0]) >= REQUIRED_MAJOR) return process.execPath;
  return giveUp(
    `there is no packaged Node ${REQUIRED_MAJOR} for ${process.platform}-${process.arch}: install Node ${REQUIRED_MAJOR} or newer and try again`,
  );
}

/** npm notes what it installed; a lock file that is newer has not been installed yet. */
function installed() {
  const noted = join(root, 'node_modules', '.package-lock.json');
  return existsSync(noted) && statSync(noted).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

/** npm as the caller started it, or the one on PATH. */
function npmCommand() {
  const script = process.env.npm_execpath;
  return script?.endsWith('.js') && existsSync(script) ? [process.execPath, script] : ['npm'];
}

/** Runs a step quietly; its output is shown only where it fails. */
function run([command, ...first], args, what) {
  return new Promise((done) => {
    const child = spawn(command, [...first, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', FORCE_COLOR: '0' },
    });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => giveUp(`cannot ${what}: ${error.message}`));
    child.on('close', (code) => {
      if (code === 0) return done();
      process.stderr.write(`\n${Buffer.concat(output).toString('utf8')}\n`);
      return giveUp(`the ${what} step failed, its output is above`);
    });
  });
}

function* sourceFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'dist' || entry.name === 'node_modules' || entry.name === '.turbo') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sourceFiles(path);
    else if (/\.(ts|tsx|json|mts)$/.test(entry.name)) yield path;
  }
}

/** Changes whenever a source or a build output may have: names, sizes and times, no contents. */
function fingerprint() {
  const lines = [];
  for (const group of ['apps', 'packages']) {
    for (const path of sourceFiles(join(root, group))) {
      const { size, mtimeMs } = statSync(path);
      lines.push(`${path} ${size} ${mtimeMs}`);
    }
    for (const workspace of readdirSync(join(root, group))) {
      if (existsSync(join(root, group, workspace, 'tsconfig.json')))
        lines.push(`${workspace} ${existsSync(join(root, group, workspace, 'dist'))}`);
    }
  }
  return digest(lines.join('\n'));
}

const digest = (content) => createHash('sha256').update(content).digest('hex');

function readStamp(name) {
  const path = join(stampFolder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function writeStamp(name, value) {
  mkdirSync(stampFolder, { recursive: true });
  writeFileSync(join(stampFolder, name), value);
}

/** Runs a command in the foreground and gives its exit code. */
export function runForeground(node, command, args, env = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: childEnvironment(node, env) });
  return result.status ?? 1;
}
