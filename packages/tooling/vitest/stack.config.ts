import { defineConfig } from 'vitest/config';

/** Suites over real processes: what is compiled is what is tested, so no source conditions here. */
export default defineConfig({
  test: {
    root: '.',
    include: ['test/stack/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Each file runs a whole installation; side by side they would measure one another.
    fileParallelism: false,
  },
});
