import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProofSuite } from './proof-suite.ts';

const REPOSITORY = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const ROUNDS = 12;

interface AssertionResult {
  readonly status: string;
  readonly title: string;
  readonly failureMessages: readonly string[];
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly assertionResults: readonly AssertionResult[] }[];
}

/** The conformance suite of the transport, again and again: each round in another order, real servers and processes killed. */
export const transport: ProofSuite = {
  name: 'transport',
  summary: `the transport suite on all implementations, ${ROUNDS} times in ${ROUNDS} orders, with servers and peers killed`,
  bounds: { rounds: { min: ROUNDS }, passed: { min: ROUNDS * 30 }, bus_cases: { min: ROUNDS * 3 }, failed: { max: 0 } },
  async run({ seed, say }) {
    const counts = { rounds: 0, passed: 0, failed: 0, bus_cases: 0 };
    const folder = mkdtempSync(join(tmpdir(), 'tollgate-proof-transport-'));
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        const report = await runOnce(join(folder, `${round}.json`), seed + round);
        counts.rounds += 1;
        counts.passed += report.numPassedTests;
        counts.failed += report.numFailedTests;
        for (const { assertionResults } of report.testResults) {
          for (const { status, title, failureMessages } of assertionResults) {
            if (status === 'passed' && /kill|restart|broker|server|dies|died|vanish/i.test(title)) counts.bus_cases += 1;
            if (status === 'failed')
              say(`failed: ${title} (seed ${seed + round})\n${failureMessages.join('\n').slice(0, 2_000)}`);
          }
        }
        say(`round ${round + 1}: ${report.numPassedTests} passed, ${report.numFailedTests} failed`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return counts;
  },
};

async function runOnce(output: string, seed: number): Promise<VitestReport> {
  const args = ['node_modules/vitest/vitest.mjs', 'run', 'packages/transport/src/conformance'];
  const options = [
    '--config=packages/tooling/vitest/unit.config.ts',
    '--reporter=json',
    `--outputFile.json=${output}`,
    '--sequence.shuffle.tests',
    `--sequence.seed=${seed}`,
  ];
  const child = spawn(process.execPath, [...args, ...options], { cwd: REPOSITORY, stdio: ['ignore', 'ignore', 'pipe'] });
  let trouble = '';
  child.stderr.on('data', (part: Buffer) => {
    trouble += part.toString('utf8');
  });
  await once(child, 'exit');
  try {
    return JSON.parse(readFileSync(output, 'utf8')) as VitestReport;
  } catch (error) {
    throw new Error(`The suite made no report:\n${trouble.slice(-2_000)}`, { cause: error });
  }
}
