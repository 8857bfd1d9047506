import { afterAll, onTestFinished } from 'vitest';

/** Runs `end` after the test it was called in, or after the file (or `describe`) when it was called outside of one. */
export function whenDone(end: () => void | Promise<void>): void {
  try {
    onTestFinished(end);
  } catch {
    // Vitest throws outside of a test; and an `afterAll` inside of one would never run.
    afterAll(end);
  }
}
