/** Addresses with a query, in which a shell sees a glob. */
import { describe, expect, it } from 'vitest';
import { createLocalUnderstander } from '../../src/local-understander.ts';

const { understand } = createLocalUnderstander();
const read = async (text: string) =>
  await understand(text, { dialect: 'bash', workingDirectory: '/srv', homeDirectory: '/home/ada' });

describe('an address with a query', () => {
  it.each([
    { text: 'printf %s http://a.example/b?c=d', want: "'printf' '%s' 'http://a.example/b?c=d'" },
    { text: 'printf %s localhost:8080/b?c=d?e', want: "'printf' '%s' 'localhost:8080/b?c=d?e'" },
    { text: 'printf %s 127.0.0.1/?c', want: "'printf' '%s' '127.0.0.1/?c'" },
    { text: 'printf %s https://a.example/"b c"?d', want: "'printf' '%s' 'https://a.example/b c?d'" },
  ])('is sent as it is written: $text', async ({ text, want }) => {
    const { canonical, commands } = await read(text);
    expect(canonical).toBe(want);
    expect(commands[0]?.argv.every(({ kind }) => kind === 'known')).toBe(true);
  });

  it.each([
    { name: 'another glob', text: 'ls http://a.example/*' },
    { name: 'another glob beside it', text: 'ls http://a.example/?b*' },
    { name: 'a file', text: 'ls logs/app?.log' },
    { name: 'a host that is a glob', text: 'ls http://?.example/' },
    { name: 'a variable', text: 'ls http://a.example/b?c=$x' },
  ])('is none: $name', async ({ text }) => {
    const { commands } = await read(text);
    expect(commands[0]?.argv.at(-1)?.kind).toBe('dynamic');
  });
});
