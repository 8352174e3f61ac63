#!/usr/bin/env node
// `npm test`: sets the checkout up and runs all suites. The last line is `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childEnvironment, giveUp, prepare, root } from './prepare.mjs';

const SUITES = [
  { name: 'unit, property, slice and transport', config: 'packages/tooling/vitest/unit.config.ts' },
  { name: 'stack', config: 'packages/tooling/vitest/stack.config.ts' },
];

const node = await prepare();
const nats = spawnSync(node, [join(root, 'packages/tooling/bin/obtain-nats-server.mjs')], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
if (nats.status !== 0) giveUp('no nats-server could be had: put one on PATH or name it in NATS_SERVER_BIN');
// Recorded answers of real vendors and their published schemas are kept beside the repository, not in it.
for (const variable of ['RECORDINGS_DIR', 'SCHEMAS_DIR']) {
  if (!process.env[variable]) process.stdout.write(`${variable} is not set: the suites that read it are skipped\n`);
}
const env = { NATS_SERVER_BIN: nats.stdout.trim().split('\n').at(-1) };

const reports = mkdtempSync(join(tmpdir(), 'tollgate-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };
for (const [index, suite] of SUITES.entries()) {
  process.stdout.write(`\n${suite.name}\n`);
  const report = join(reports, `${index}.json`);
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--config',
    suite.config,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const { status } = spawnSync(node, [...args, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: childEnvironment(node, env),
  });
  const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null;
  total.passed += counts?.numPassedTests ?? 0;
  total.skipped += (counts?.numPendingTests ?? 0) + (counts?.numTodoTests ?? 0);
  // A suite that could not even be collected has failed, whatever it counted.
  total.failed += Math.max(counts?.numFailedTests ?? 0, status === 0 ? 0 : 1);
}
rmSync(reports, { recursive: true, force: true });
process.stdout.write(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}\n`,
);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
