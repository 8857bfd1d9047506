import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { startTestSession } from '../support/testsession.ts';

const session = await startTestSession();

describe('exec through the bastion', () => {
  it.each([
    { name: 'output', command: 'echo hello', status: 0, stdout: 'hello\n', stderr: '' },
    { name: 'exit status', command: 'exit 7', status: 7, stdout: '', stderr: '' },
    {
      name: 'standard error apart',
      command: 'echo out; echo err >&2; exit 3',
      status: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    },
    {
      name: 'quotes arrive untouched',
      command: `printf '%s|' "a b" 'c"d' e\\ f`,
      status: 0,
      stdout: 'a b|c"d|e f|',
      stderr: '',
    },
    { name: 'an unknown command', command: 'exec /nonexistent/x 2>/dev/null', status: 127, stdout: '', stderr: '' },
  ])('keeps $name', async ({ command, status, stdout, stderr }) => {
    const result = await session.ssh(command);
    expect({ ...result, stdout: result.stdout.toString() }).toEqual({ status, stdout, stderr });
  });

  it('keeps the account of the address', async () => {
    const result = await session.ssh('id -un', { address: `${session.target.account}@web-1` });
    expect(result.stdout.toString()).toBe(`${session.target.account}\n`);
  });

  it('keeps 5 MB of binary input and output exactly, with half-close', async () => {
    const input = randomBytes(5_000_000);
    const result = await session.ssh('cat; echo end >&2', { input });
    expect(result.stderr).toBe('end\n');
    expect(result.stdout.equals(input)).toBe(true);
  });

  it('gives the target the end of input', async () => {
    const result = await session.ssh('sha256sum', { input: 'abc' });
    expect(result.stdout.toString()).toContain(createHash('sha256').update('abc').digest('hex'));
  });
});
