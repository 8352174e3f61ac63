import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = resolve(fileURLToPath(new URL('../../..', import.meta.url)));
const FILES = ['packages/policy/src/budgets/never-over-budget.test.ts', 'packages/policy/src/budgets/bound-cost.test.ts'];

/** Runs the property tests of budgets, each with so many random cases; returns how many tests passed and failed. */
export async function runProperties(runs: number): Promise<{ readonly passed: number; readonly failed: number }> {
  const vitest = resolve(REPOSITORY, 'node_modules/vitest/vitest.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-properties-'));
  const file = join(folder, 'report.json');
  const config = 'packages/tooling/vitest/unit.config.ts';
  const args = [vitest, 'run', '--config', config, '--reporter=json', `--outputFile=${file}`, ...FILES];
  const child = spawn(process.execPath, args, {
    cwd: REPOSITORY,
    env: { ...process.env, TOLLGATE_PROPERTY_RUNS: String(runs) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    await once(child, 'close');
    const report = JSON.parse(readFileSync(file, 'utf8')) as { numPassedTests: number; numFailedTests: number };
    return { passed: report.numPassedTests, failed: report.numFailedTests };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
