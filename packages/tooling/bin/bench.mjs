#!/usr/bin/env node
// `npm run bench`: starts everything itself and prints a table and JSON.
import { join } from 'node:path';
import { handOver, prepare, root } from './prepare.mjs';

const node = await prepare();
handOver(node, [join(root, 'test/perf/bench.ts'), ...process.argv.slice(2)]);
