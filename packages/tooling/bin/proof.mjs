#!/usr/bin/env node
// `npm run proof`: lists the proof suites; `npm run proof -- NAME` runs one.
import { join } from 'node:path';
import { handOver, prepare, root } from './prepare.mjs';

const node = await prepare();
handOver(node, [join(root, 'test/proof/run.ts'), ...process.argv.slice(2)]);
