// Loaded into each process under proof (`NODE_OPTIONS=--import`), beside what it runs anyway: SIGUSR2 collects all garbage,
// so that what stays resident is what is held and not what V8 has not got round to.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: object) => void;
setFlagsFromString('--no-expose-gc');
process.on('SIGUSR2', () => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' }));
