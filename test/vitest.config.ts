import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts', 'src/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/oracle/**', 'test/bench/**', 'node_modules/**'],
    setupFiles: ['test/support/seed.ts'],
    // A busy machine is no failure; what hangs is.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Servers that start, die and come back are mostly waited for: a small machine has time for a few files at once.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // On shared pipeline machines a second look, which the report names; at a desk a failure is a failure.
    retry: process.env.CI === 'true' ? 1 : 0,
  },
});
