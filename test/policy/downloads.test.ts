/** A rule about downloads covers no request that changes something, in whatever words it is asked for. */
import { describe, expect, it } from 'vitest';
import { useOwnPolicy } from '../support/own-policy.ts';

const policy = useOwnPolicy(`
version: 1
description: Pages of one host may be fetched.
rules:
  - id: fetch
    allow: { effects: [read, network], hosts: [good.example], directions: [download] }
    reason: It is fetched.
`);

describe('a rule about downloads', () => {
  it.each([
    'curl -X DELETE https://good.example/x',
    'curl -s4XPOST https://good.example/x',
    'curl --request PUT https://good.example/x',
    'curl -X GET -d a=b https://good.example/x',
    'curl --url @good.example',
    'wget -qO- --method=DELETE https://good.example/x',
  ])('covers no %s', async (command) => {
    expect(await policy.verdictOf(command)).not.toBe('allow');
  });

  it.each([
    'curl https://good.example/x',
    'curl -X GET https://good.example/x',
    'curl -sIX HEAD https://good.example/x',
    'wget -qO- https://good.example/x',
    'wget -qO- --method=GET https://good.example/x',
  ])('covers %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('allow');
  });
});
