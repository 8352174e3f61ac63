import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandsOf, runCommand } from './start-up/page-commands.ts';
import { newFolder, type Run, removeFolders, run } from './start-up/run-product.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/tokens.md', import.meta.url)), 'utf8');
const commands = commandsOf(page);
let product: Run;
let variables: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  product = run({ cwd: newFolder() });
  await product.says(/^ready url=/m);
  const [, url = '', admin = ''] = /^ready url=(\S+) token=\S+ admin=(\S+)/m.exec(product.stdout()) ?? [];
  variables = { TOLLGATE_URL: url, TOLLGATE_ADMIN: admin };
});
afterAll(async () => {
  product.child.kill('SIGTERM');
  await product.ended;
  removeFolders();
});

test('the page has commands to run, good ones and refused ones', () => {
  expect(commands.length).toBeGreaterThan(20);
  expect(commands.filter(({ refused }) => refused !== null).length).toBeGreaterThan(4);
});

// Each builds on those before it, as for somebody who follows the page.
test.each(commands)('docs/tokens.md: $text', async (command) => {
  variables = await runCommand(command, variables);
});
