import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { lastLine, newFolder, processesIn, removeFolders, run, untilNothingRuns } from './start-up/run-product.ts';

afterAll(removeFolders);

const TOOLS = 'packages/tooling/bin';
const repository = fileURLToPath(new URL('../..', import.meta.url));
const start = join(repository, TOOLS, 'start.mjs');

/** npm or turbo as they are at their worst: they have a child of their own, and neither hears SIGTERM. */
const DEAF = `
const { spawn } = require('node:child_process');
process.on('SIGTERM', () => undefined);
if (process.argv.at(-1) !== 'child') spawn(process.execPath, [__filename, 'child']).once('spawn', () => console.log('both are there'));
setInterval(() => undefined, 1000);
`;

/** A fresh clone as far as its start looks at it, with a program in the place of npm or of turbo. */
function newCheckout(step: 'install' | 'build'): { cwd: string; env: Record<string, string> } {
  const cwd = newFolder();
  cpSync(join(repository, TOOLS), join(cwd, TOOLS), { recursive: true });
  mkdirSync(join(cwd, 'apps'));
  writeFileSync(join(cwd, 'package.json'), '{}');
  writeFileSync(join(cwd, 'package-lock.json'), '{}');
  if (step === 'install') {
    writeFileSync(join(cwd, 'npm.js'), DEAF);
    return { cwd, env: { npm_execpath: join(cwd, 'npm.js') } };
  }
  mkdirSync(join(cwd, 'node_modules/turbo/bin'), { recursive: true });
  writeFileSync(join(cwd, 'node_modules/turbo/package.json'), '{}');
  writeFileSync(join(cwd, 'node_modules/turbo/bin/turbo'), DEAF);
  writeFileSync(join(cwd, 'node_modules/.package-lock.json'), '{}');
  return { cwd, env: {} };
}

/** The start, the program and its child. */
const untilAllAreThere = (cwd: string): Promise<void> => expect.poll(() => processesIn(cwd).length, { timeout: 10_000 }).toBe(3);

test.each([
  ['install', 'SIGINT', 130],
  ['build', 'SIGINT', 130],
  ['build', 'SIGTERM', 143],
] as const)('in the middle of the %s step %s ends the start and all of its children', async (step, signal, code) => {
  const { cwd, env } = newCheckout(step);
  const started = run({ script: join(cwd, TOOLS, 'start.mjs'), cwd, env });
  await untilAllAreThere(cwd);
  started.child.kill(signal);
  expect(await started.ended).toEqual({ code, signal: null });
  expect(lastLine(started)).toBe(`tollgate: the ${step} step was stopped; the next start does it again`);
  expect(processesIn(cwd)).toEqual([]);
});

test('a SIGINT from outside while it boots ends everything, with a code that says so', async () => {
  const cwd = newFolder();
  const started = run({ script: start, cwd });
  await started.says('making the data folder of Postgres');
  started.child.kill('SIGINT');
  expect(await started.ended).toEqual({ code: 130, signal: null });
  await untilNothingRuns(cwd);
});

test('a start whose npm was ended stops as if it had been told', async () => {
  const cwd = newFolder();
  const shell = join(cwd, 'npm.cjs');
  writeFileSync(
    shell,
    `require('node:child_process').spawn(process.execPath, [${JSON.stringify(start)}], { stdio: 'inherit', env: { ...process.env, npm_lifecycle_event: 'start' } });`,
  );
  const npm = run({ script: shell, cwd });
  await npm.says(/^ready url=/m);
  npm.child.kill('SIGKILL');
  await npm.ended;
  await untilNothingRuns(cwd);
  expect(npm.stderr()).toContain('stopping');
});
