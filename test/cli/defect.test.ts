/** What the built program says of a mistake of its own that nobody caught. */
import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';

const main = new URL('../../dist/main.js', import.meta.url).pathname;

/** Planted beside the program: an error as the clients of a store make them, which carries what was sent. */
function plant(throwIt: string): string {
  const code = `
    const args = [['hunter2', 'planted'].join('-')];
    const error = Object.assign(new Error('no answer'), { command: { name: 'auth', args } });
    setTimeout(() => { ${throwIt} }, 1_000);`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

it.each([
  { kind: 'a rejection', throwIt: 'Promise.reject(error);' },
  { kind: 'an exception', throwIt: 'throw error;' },
])('ends with 70 and without what is attached to it: $kind', async ({ throwIt }) => {
  // It waits for lines that never come.
  const words = ['--v8-pool-size=1', '--import', plant(throwIt), main, 'policy', 'eval'];
  const { status, stderr } = await new Promise<{ status: unknown; stderr: string }>((resolve) => {
    execFile(process.execPath, words, (error, _stdout, text) => resolve({ status: error?.code, stderr: text }));
  });
  expect(stderr).toMatch(/no answer[\s\S]*This is a defect in Sallyport; please report it\.\n$/);
  expect(stderr).not.toContain('hunter2-planted');
  expect(status).toBe(70);
});
