// Makes a checkout ready to run: installs, builds, and names the Node to go on with. Runs on Node >= 20.19, before
// anything is installed, so it imports nothing but Node itself.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProgress } from './progress.mjs';
import { giveUp, handOver as handOverTo, runStep } from './run-step.mjs';

export { giveUp };

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const stampFolder = join(root, 'node_modules', '.tollgate');
const REQUIRED_MAJOR = 24;

/**
 * Installs and builds where something has changed since the last time. Returns the path of the pinned Node.
 * @param {{ build?: boolean }} [options]
 */
export async function prepare({ build = true } = {}) {
  checkOwnNode();
  const progress = createProgress(process.stderr);
  if (!installed()) {
    await progress.step('installing packages', () =>
      runStep([...npmCommand(), 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
        what: 'install',
        cwd: root,
        env: stepEnvironment(),
      }),
    );
  }
  const node = pinnedNode();
  if (build) {
    const sources = fingerprint();
    if (readStamp('build') !== sources) {
      await progress.step('building', () =>
        runStep([node, join(root, 'node_modules/turbo/bin/turbo'), 'run', 'build', '--output-logs=errors-only'], {
          what: 'build',
          cwd: root,
          env: stepEnvironment(),
        }),
      );
      writeStamp('build', fingerprint());
    }
  }
  return node;
}

/** Runs a program of the project on the pinned Node, hands signals over, and ends as it ends. */
export const handOver = (node, args) => handOverTo(node, args, childEnvironment(node));

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

const stepEnvironment = () => ({ ...process.env, TURBO_TELEMETRY_DISABLED: '1', FORCE_COLOR: '0' });

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
