#!/usr/bin/env node
// `npm run bench`: starts everything itself and prints a table and JSON; `npm run bench -- ingest` measures the intake of usage.
import { join } from 'node:path';
import { handOver, prepare, root } from './prepare.mjs';

const node = await prepare();
const [first, ...rest] = process.argv.slice(2);
const [bench, options] = first === 'ingest' ? ['ingest.ts', rest] : ['bench.ts', process.argv.slice(2)];
handOver(node, [join(root, 'test/perf', bench), ...options]);
