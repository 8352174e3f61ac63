#!/usr/bin/env node
// `npm start` and `npm run start:distributed`: from a fresh clone to a running product.
import { join } from 'node:path';
import { handOver, prepare, root } from './prepare.mjs';

const distributed = process.argv.includes('--distributed');
const rest = process.argv.slice(2).filter((argument) => argument !== '--distributed');
const node = await prepare();
handOver(node, [
  '--enable-source-maps',
  // Decision 025: a young generation of up to 3 x 16 MiB would stay resident after every peak.
  '--max-semi-space-size=2',
  join(root, 'apps/standalone/dist', distributed ? 'distributed/main.js' : 'main.js'),
  ...rest,
]);
