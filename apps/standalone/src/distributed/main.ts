import { enableCompileCache } from 'node:module';

enableCompileCache();
const { runDistributed } = await import('./run-distributed.js');
await runDistributed(process.argv.slice(2));
