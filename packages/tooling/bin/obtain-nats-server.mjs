#!/usr/bin/env node
// Prints the path of a nats-server that runs on this machine, as the last line of stdout. No npm package contains one, so it
// is looked for (NATS_SERVER_BIN, PATH, an earlier find) and otherwise had from Debian's package (unpacked, not installed),
// from Go's module proxy, or from the official release. Imports nothing but Node: runs on Node >= 20.19.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = 'v2.15.2';
/** 2.9 is the oldest that the suites run against. */
const OLDEST = [2, 9];
const DOWNLOAD_MS = 120_000;
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const folder = join(root, '.tollgate', 'bin');
const executable = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server';
const cached = join(folder, executable);
const reasons = [];

/** True where the file answers `--version` with one that is new enough. */
function works(path) {
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  const found = /v?(\d+)\.(\d+)\.\d+/.exec(stdout ?? '');
  if (status !== 0 || found === null) return false;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

function onPath() {
  for (const entry of (process.env.PATH ?? '').split(delimiter)) {
    // Debian keeps servers where ordinary users do not look.
    for (const place of [entry, '/usr/sbin', '/usr/local/sbin']) {
      const path = join(place, executable);
      if (place !== '' && existsSync(path) && works(path)) return path;
    }
  }
  return null;
}

/** Puts a binary that works into the cache, by rename, so that two of us do not disturb each other. */
function keep(path) {
  mkdirSync(folder, { recursive: true });
  const staged = `${cached}.${process.pid}`;
  copyFileSync(path, staged);
  chmodSync(staged, 0o755);
  renameSync(staged, cached);
  return cached;
}

function run(command, args, options) {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: DOWNLOAD_MS, ...options });
  if (result.error?.code === 'ENOENT') return `${command} is not there`;
  if (result.error) return result.error.message;
  return result.status === 0 ? null : (result.stderr ?? '').trim().split('\n').slice(-1)[0];
}

function fromDebian(work) {
  const problem = run('apt-get', ['download', 'nats-server'], { cwd: work });
  if (problem !== null) return reasons.push(`apt-get download: ${problem}`) && null;
  const archive = readdirSync(work).find((name) => name.endsWith('.deb'));
  if (archive === undefined) return reasons.push('apt-get download: nothing came') && null;
  const unpacked = run('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: work });
  if (unpacked !== null) return reasons.push(`dpkg-deb: ${unpacked}`) && null;
  return [join(work, 'unpacked/usr/sbin', executable), join(work, 'unpacked/usr/bin', executable)].find(existsSync) ?? null;
}

function fromGo(work) {
  const problem = run('go', ['install', `github.com/nats-io/nats-server/v2@${VERSION}`], {
    cwd: work,
    timeout: DOWNLOAD_MS * 3,
    env: { ...process.env, GOBIN: work, GOFLAGS: '-buildvcs=false', CGO_ENABLED: '0' },
  });
  if (problem !== null) return reasons.push(`go install: ${problem}`) && null;
  return join(work, executable);
}

async function fromRelease(work) {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch] ?? process.arch;
  const name = `nats-server-${VERSION}-${system}-${architecture}`;
  const base = `https://github.com/nats-io/nats-server/releases/download/${VERSION}`;
  try {
    const [archive, sums] = await Promise.all([download(`${base}/${name}.tar.gz`), download(`${base}/SHA256SUMS`)]);
    const expected = sums
      .toString('utf8')
      .split('\n')
      .find((line) => line.trimEnd().endsWith(`${name}.tar.gz`))
      ?.split(/\s+/)[0];
    if (expected !== createHash('sha256').update(archive).digest('hex')) throw new Error('the checksum does not agree');
    writeFileSync(join(work, 'archive.tar.gz'), archive);
    const problem = run('tar', ['-xzf', 'archive.tar.gz'], { cwd: work });
    if (problem !== null) throw new Error(problem);
    return join(work, name, executable);
  } catch (error) {
    return reasons.push(`official release: ${error.cause?.code ?? error.message}`) && null;
  }
}

async function download(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_MS) });
  if (!response.ok) throw new Error(`${response.status} from ${new URL(url).host}`);
  return Buffer.from(await response.arrayBuffer());
}

async function obtain() {
  const named = process.env.NATS_SERVER_BIN;
  if (named) {
    if (works(named)) return named;
    return reasons.push(`NATS_SERVER_BIN names ${named}, which is no nats-server of 2.9 or newer`) && null;
  }
  const found = onPath() ?? (existsSync(cached) && works(cached) ? cached : null);
  if (found !== null) return found;
  for (const way of [fromDebian, fromGo, fromRelease]) {
    process.stderr.write(
      `obtaining nats-server (${{ fromDebian: 'Debian package', fromGo: 'go install', fromRelease: 'official release' }[way.name]}) ...\n`,
    );
    const work = mkdtempSync(join(tmpdir(), 'tollgate-nats-'));
    try {
      const path = await way(work);
      if (path !== null && works(path)) return keep(path);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  return null;
}

const path = await obtain();
if (path === null) {
  process.stderr.write(
    `tollgate: there is no nats-server: put one (2.9 or newer) on PATH or name it in NATS_SERVER_BIN (tried: ${reasons.join('; ')})\n`,
  );
  process.exit(1);
}
process.stdout.write(`${path}\n`);
