/** Rules about what is asked of a host, against the spellings of a URL. */
import { describe, expect, it } from 'vitest';
import { openOwnPolicy, useOwnPolicy } from '../support/own-policy.ts';

const policy = useOwnPolicy(`
version: 1
description: Some pages of one host, and others of another not.
rules:
  - id: pages
    allow:
      effects: [network]
      tools: [curl]
      hosts: [api.example]
      directions: [download]
      url_paths: [/health, "/v1/{hosts,jobs}/**", "/search?*"]
    reason: They only say how things are.
  - id: open
    allow: { effects: [network], tools: [curl], hosts: [open.example] }
    reason: It is ours.
  - id: admin
    deny: { hosts: [open.example], url_paths: [/admin/**] }
    reason: It changes who may log in.
`);

describe('a rule that allows some pages', () => {
  it.each([
    'curl https://api.example/health',
    'curl -s api.example:8080/health/',
    'curl https://api.example/health#top',
    'curl https://api.example/v1/hosts/web-1/state',
    'curl https://api.example/v1/jobs https://api.example/health',
    'curl https://api.example/search',
    "curl 'https://api.example/search?q=a&n=1'",
    'curl -X GET https://api.example/health',
  ])('covers %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('allow');
  });

  it.each([
    'curl https://api.example',
    'curl https://api.example/healthy',
    'curl https://api.example/health/x',
    'curl https://api.example/v1/users',
    "curl 'https://api.example/health?then=stop'",
    'curl --url-query then=stop https://api.example/health',
    'curl -G -d then=stop https://api.example/health',
    'curl https://api.example/v1/hosts/../../stop',
    'curl https://api.example/v1/hosts/%2e%2e/%2e%2e/stop',
    'curl https://api.example//health',
    'curl https://api.example/v1/hosts//stop',
    'curl https://api.example/v1/hosts/x\\\\y',
    'curl https://api.example/v1/hosts/x;stop',
    "curl 'https://api.example/v1/hosts/x;stop'",
    "curl 'https://api.example/v1/{hosts,users}/x'",
    'curl "https://api.example/v1/hosts/$x"',
    'curl "https://api.example$x"',
    'curl https://api.example/health https://api.example/stop',
    'curl -X DELETE https://api.example/v1/hosts/web-1',
    'curl -x http://api.example:3128 https://api.example/health',
    'curl --request-target /stop https://api.example/health',
  ])('does not cover %s', async (command) => {
    expect(await policy.verdictOf(command)).not.toBe('allow');
  });
});

describe('a rule that refuses some pages', () => {
  it.each([
    'curl https://open.example/admin',
    'curl https://open.example/admin/users',
    'curl https://open.example/ADMIN/users',
    'curl https://open.example/x/../admin/users',
    'curl https://open.example/%61dmin/users',
    'curl https://open.example//admin',
    "curl 'https://open.example/admin?x'",
    "curl 'https://open.example/{admin,x}'",
    'curl "https://open.example/$x"',
    'curl -d x https://open.example/admin/users',
  ])('is about %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('deny');
  });

  it.each(['curl https://open.example/', 'curl https://open.example/x/admin', 'curl open.example/status'])(
    'is not about %s',
    async (command) => {
      expect(await policy.verdictOf(command)).toBe('allow');
    },
  );
});

describe('what is no path of a URL', () => {
  it.each(['health', 'https://api.example/health', '/{a'])('is a problem: %s', async (text) => {
    const rule = `{ id: a, allow: { hosts: [x.example], url_paths: ["${text}"] } }`;
    await expect(openOwnPolicy(`version: 1\nrules:\n  - ${rule}`)).rejects.toThrow(
      `\`${text}\` is not the path of a URL (for example "/health"`,
    );
  });

  it('sharpens hosts, and means nothing alone', async () => {
    const rule = '{ id: a, allow: { effects: [network], url_paths: [/x] } }';
    await expect(openOwnPolicy(`version: 1\nrules:\n  - ${rule}`)).rejects.toThrow('`url_paths` sharpens `hosts`');
  });
});
