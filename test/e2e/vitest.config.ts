import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // On shared pipeline machines a second look, which the report names; at a desk a failure is a failure.
    retry: process.env.CI === 'true' ? 1 : 0,
    // A browser each: two at a time would time out on small machines.
    fileParallelism: false,
  },
});
