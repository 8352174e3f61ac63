import { enableCompileCache } from 'node:module';

// The compiled code of some thousand modules is kept: a third of the start-up time.
enableCompileCache();
const { runStandalone } = await import('./run-standalone.js');
await runStandalone();
