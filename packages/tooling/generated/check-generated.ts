// Runs every generator (a workspace script named `generate`) and fails where a committed file would change.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const git = (...args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout;
const before = git('diff', '--', '*.gen.ts', '*.gen.json', 'docs', 'docker/compose.yaml');
let failed = 0;
for (const folder of ['apps', 'packages'].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(root, group, name)),
)) {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) continue;
  const script: string | undefined = JSON.parse(readFileSync(path, 'utf8')).scripts?.generate;
  if (script === undefined) continue;
  const result = spawnSync(script, { cwd: folder, shell: true, stdio: ['ignore', 'ignore', 'inherit'] });
  if (result.status !== 0) failed += 1;
}
const after = git('diff', '--', '*.gen.ts', '*.gen.json', 'docs', 'docker/compose.yaml');
if (before !== after) {
  process.stderr.write(
    `generated files are stale; commit what changed:\n${git('diff', '--stat', '--', '*.gen.ts', '*.gen.json', 'docs', 'docker/compose.yaml')}`,
  );
  failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
