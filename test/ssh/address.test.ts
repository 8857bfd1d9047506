import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/ssh/address.ts';

describe('parseAddress', () => {
  it.each([
    { name: 'a target', username: 'web-1', want: { kind: 'target', target: 'web-1', account: undefined } },
    { name: 'an account', username: 'deploy@web-1', want: { kind: 'target', target: 'web-1', account: 'deploy' } },
    { name: 'the bastion itself', username: 'sallyport', want: { kind: 'bastion' } },
    { name: 'the bastion in capitals', username: 'SallyPort', want: { kind: 'bastion' } },
    { name: 'nothing', username: '', want: { kind: 'malformed' } },
    { name: 'an empty account', username: '@web-1', want: { kind: 'malformed' } },
    { name: 'two accounts', username: 'a@b@web-1', want: { kind: 'malformed' } },
    { name: 'a path', username: '../etc', want: { kind: 'malformed' } },
    { name: 'an option', username: '-oProxyCommand=x', want: { kind: 'malformed' } },
    { name: 'a control character', username: 'web\n1', want: { kind: 'malformed' } },
    { name: 'a look-alike letter', username: 'wеb-1', want: { kind: 'malformed' } },
    { name: 'a long name', username: 'a'.repeat(65), want: { kind: 'malformed' } },
  ])('$name', ({ username, want }) => {
    expect(parseAddress(username)).toEqual(want);
  });
});
