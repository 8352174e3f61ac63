import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type ManagedProcess, manageProcess, waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts;
const run = promisify(execFile);

const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] as string);
const shellBlocks = blocks('sh');
const curls = shellBlocks.filter((block) => block.startsWith('curl'));
const npmCommands = shellBlocks.filter((block) => block.startsWith('npm')).flatMap((block) => block.trim().split('\n'));

interface Started {
  readonly process: ManagedProcess;
  readonly env: Record<string, string>;
}

/** Runs the very script behind an npm command, as a newcomer would, but in a folder and on a port of its own. */
async function startAsWritten(command: string, folder: string): Promise<Started> {
  const [, name = '', flags = ''] = /^npm (?:run )?([\w:]+)(?: -- (.*))?$/.exec(command) ?? [];
  const [program, ...args] = (scripts[name] ?? '').split(' ');
  expect(program, `${command}: no such script`).toBe('node');
  const process_ = manageProcess({
    name: command,
    command: process.execPath,
    args: [join(root, args[0] as string), ...args.slice(1), ...flags.split(' ').filter(Boolean)],
    env: { ...(process.env as Record<string, string>), PORT: '0', TOLLGATE_METRICS_PORT: 'off' },
    folder,
    logFile: join(folder, 'out.log'),
    up: { by: 'line', pattern: /^ready url=/ },
    upWithinMs: 90_000,
  });
  await process_.start();
  const [, url = '', token = '', admin = ''] = /url=(\S+) token=(\S+) admin=(\S+)/.exec(process_.greeting) ?? [];
  return { process: process_, env: { URL: url, TOLLGATE_TOKEN: token, TOLLGATE_ADMIN: admin } };
}

const inShell = (command: string, env: Record<string, string>) =>
  run('sh', ['-c', command.replaceAll('http://127.0.0.1:8080', env['URL'] as string)], {
    env: { ...(process.env as Record<string, string>), ...env },
  });

describe.each(npmCommands.filter((command) => /start/.test(command)))('README: %s', (command) => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate readme '));
  let started: Started | null = null;
  beforeAll(async () => {
    started = await startAsWritten(command, folder);
  }, 120_000);
  afterAll(async () => {
    await started?.process.kill('SIGINT');
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);
  const env = (): Record<string, string> => (started as Started).env;

  test('the curl that it prints works as pasted', async () => {
    const printed = await waitFor(() => /^ {2}(curl [\s\S]*?'\{.*\}')$/m.exec((started as Started).process.logs())?.[1]);
    expect(JSON.parse((await run('sh', ['-c', printed])).stdout)).toMatchObject({ object: 'chat.completion' });
  });

  test.each(curls)('%s', async (curl) => {
    const { stdout } = await inShell(curl, env());
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    expect(answer).not.toHaveProperty('error');
    expect(['object', 'token', 'totals'].some((key) => key in answer)).toBe(true);
  });

  test.each(blocks('js'))('the SDK example', async (example) => {
    const file = join(root, 'test', `readme-example-${process.pid}.mjs`);
    writeFileSync(file, example.replaceAll('http://127.0.0.1:8080', env()['URL'] as string));
    try {
      const { stdout } = await run(process.execPath, [file], { env: { ...(process.env as Record<string, string>), ...env() } });
      expect(stdout.length).toBeGreaterThan(10);
    } finally {
      rmSync(file);
    }
  });
});

/** As a newcomer types it, without npm in between. */
const runScript = (name: string, ...flags: readonly string[]) => {
  const [, file = ''] = (scripts[name] ?? '').split(' ');
  return run(process.execPath, [join(root, file), ...flags], { cwd: root });
};

/** Named in the README and only checked to exist: this suite is part of the first, the second takes minutes of a quiet machine. */
const NOT_RUN = ['npm test', 'npm run bench'];

test('every npm command of the README is run here, or named as one that is not', () => {
  const covered = [...NOT_RUN, 'npm run proof'];
  expect(npmCommands.filter((command) => !/start/.test(command) && !covered.includes(command))).toEqual([]);
});

test('npm run proof lists the suites that the README tells of', async () => {
  const { stdout } = await runScript('proof');
  const told = [...readme.matchAll(/npm run proof -- ([a-z][a-z-]*)/g)].map((match) => match[1] as string);
  expect(told.length).toBeGreaterThan(0);
  for (const name of told) expect(stdout).toMatch(new RegExp(`^${name} `, 'm'));
});

test.each(['--nonsense', 'ingest --nonsense'])('npm run bench -- %s says what it takes, and measures nothing', async (flags) => {
  await expect(runScript('bench', ...flags.split(' '))).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^bench.*: takes --check/m),
  });
});

test('every npm command of the README and of the contributor guide exists', () => {
  const guide = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  const named = [...`${readme}\n${guide}`.matchAll(/(?:^|`)npm (?:run )?([a-z]+(?::[a-z]+)?)/gm)].map(
    (match) => match[1] as string,
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test('every file that the README links to exists', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
    .map((match) => match[1] as string)
    .filter((link) => !link.includes('://'));
  expect(links.length).toBeGreaterThan(5);
  for (const link of links) expect(() => readFileSync(join(root, link)), link).not.toThrow(/ENOENT/);
});
