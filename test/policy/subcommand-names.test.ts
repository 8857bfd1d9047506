/** Rules that name a sub-command, against its other names and other ways to it. */
import { describe, expect, it } from 'vitest';
import { openOwnPolicy, useOwnPolicy } from '../support/own-policy.ts';

const everything = '[read, write, delete, network, execute-code, package, service, process, privilege]';

describe('a rule about a sub-command', () => {
  const policy = useOwnPolicy(`
version: 1
description: Everything but some sub-commands.
rules:
  - { id: open, allow: { effects: ${everything} }, reason: It may. }
  - id: named
    deny: { tools: [npm install, docker rm, docker image, podman container stop, ip address add, helm uninstall, redis-cli config get, git remote rm] }
    reason: Not these.
`);

  it.each([
    'npm install left-pad',
    'npm i left-pad',
    'npm add left-pad',
    'npm -g i left-pad',
    'docker rm web',
    'docker container rm web',
    'nerdctl container rm web',
    'docker container "$x" web',
    'docker "$x"',
    'docker image ls',
    'docker images',
    'docker rmi nginx',
    'docker pull nginx',
    'podman stop web',
    'ip address add 10.0.0.9/24 dev eth0',
    'ip a add 10.0.0.9/24 dev eth0',
    'ip -4 addr add 10.0.0.9/24 dev eth0',
    'helm delete web',
    'helm un web',
    'redis-cli CONFIG GET dir',
    'redis-cli config GET dir',
    'git remote remove origin',
  ])('sees it in %s', async (line) => {
    expect(await policy.verdictOf(line)).not.toBe('allow');
  });

  it.each([
    'npm ls',
    'docker ps',
    'docker logs web',
    'docker container logs web',
    'ip address show',
    'ip a',
    'helm list',
    'redis-cli MEMORY stats',
  ])('does not see it in %s', async (line) => {
    expect(await policy.verdictOf(line)).toBe('allow');
  });
});

describe('a rule that allows a sub-command', () => {
  it('covers its other names and nothing else', async () => {
    const policy = await openOwnPolicy(`
version: 1
description: Packages of a project.
rules:
  - { id: some, allow: { tools: [docker stop, npm uninstall], effects: ${everything} }, reason: It may. }
`);
    try {
      expect(await policy.verdictOf('docker container stop web')).toBe('allow');
      expect(await policy.verdictOf('npm rm left-pad')).toBe('allow');
      expect(await policy.verdictOf('npm i left-pad')).toBe('approve');
      expect(await policy.verdictOf('docker container kill web')).toBe('approve');
    } finally {
      await policy.close();
    }
  });
});

describe('a sub-command that is not described', () => {
  const policyAbout = (name: string) => openOwnPolicy(`version: 1\nrules:\n  - { id: a, deny: { tools: [${name}] } }`);

  it.each([
    ['systemctl stpo', 'no sub-command `stpo` of `systemctl` is described (did you mean `stop`?)'],
    ['docker container rn', 'no sub-command `rn` of `docker container` is described (did you mean `rm`?)'],
    ['redis-cli FLUSHALL', 'no sub-command `FLUSHALL` of `redis-cli` is described (describe it'],
    ['cat file', 'no sub-command `file` of `cat` is described (describe it'],
    ['cd /srv', 'no sub-command `/srv` of `cd` is described (describe it'],
    ['sytemctl stop', 'no tool `sytemctl` is described (did you mean `systemctl`?)'],
  ])('is a problem: %s', async (name, wanted) => {
    await expect(policyAbout(name)).rejects.toThrow(wanted);
  });

  it.each(['aws ec2 describe-instances', 'python3 -m pytest', 'podman rm', 'cd'])('is none: %s', async (name) => {
    await (await policyAbout(name)).close();
  });
});
