#!/usr/bin/env node
// `npm run check`: format, lint, types, room arrows, generated files.
import { join } from 'node:path';
import { prepare, root, runForeground } from './prepare.mjs';

const node = await prepare();
const binary = (name) => join(root, 'node_modules', '.bin', name);
const STEPS = [
  { name: 'format and lint', command: binary('biome'), args: ['ci', '--error-on-warnings', '.'] },
  { name: 'types', command: binary('tsc'), args: ['-p', 'packages/tooling/types'] },
  { name: 'rooms', command: node, args: [join(root, 'packages/tooling/rooms/check-rooms.ts')] },
  { name: 'generated files', command: node, args: [join(root, 'packages/tooling/generated/check-generated.ts')] },
];

let failed = 0;
for (const step of STEPS) {
  const since = Date.now();
  const code = runForeground(node, step.command, step.args);
  if (code !== 0) failed += 1;
  process.stdout.write(`${code === 0 ? 'ok' : 'FAILED'}  ${step.name} (${((Date.now() - since) / 1000).toFixed(1)} s)\n`);
}
process.exit(failed === 0 ? 0 : 1);
