import { startStack } from '@tollgate/testing';
import type { ProofSuite } from '../proof-suite.ts';
import { makeCast } from './cast.ts';
import { runMatrix } from './matrix.ts';

/** Every operation of the management API against everybody, over services that are processes of their own. */
export const permissions: ProofSuite = {
  name: 'permissions',
  summary: 'every operation x no credential, each role, a team role, keys with and without the scope, another organisation',
  bounds: { operations: { min: 60 }, cells: { min: 900 }, leaks: { max: 0 }, unexplained: { max: 0 } },
  async run({ say }) {
    const stack = await startStack({ arrangement: 'distributed', env: { LOG_LEVEL: 'warn' } });
    try {
      say('making two organisations with somebody in each role');
      return await runMatrix(await makeCast(stack), say);
    } finally {
      await stack.stop();
    }
  },
};
