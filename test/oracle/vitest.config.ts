import { defineConfig } from 'vitest/config';

/** `npm run test:oracle`: needs root (namespaces, chroot). ORACLE_SECONDS: budget, 60 by default, a quarter of it for names and two fifths for tools; ORACLE_SEED repeats a run. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/oracle/*.test.ts'],
    testTimeout: 24 * 3_600_000,
    hookTimeout: 30_000,
    pool: 'forks',
  },
});
