import { defineConfig } from 'vitest/config';

/** Unit, property and slice tests of all rooms, straight from the sources. */
export default defineConfig({
  resolve: { conditions: ['@tollgate/source'] },
  ssr: { resolve: { conditions: ['@tollgate/source', 'node', 'default'] } },
  oxc: { decorator: { legacy: true } },
  test: {
    root: '.',
    include: ['packages/*/src/**/*.{test,slice}.ts', 'apps/*/src/**/*.{test,slice}.ts'],
    globalSetup: ['packages/testing/src/database/global-setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
});
