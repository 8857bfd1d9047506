/** Rules about services, packages, processes and accounts, against the ways in which tools read their names. */
import { describe, expect, it } from 'vitest';
import { useOwnPolicy } from '../support/own-policy.ts';

const everything = '[read, write, delete, network, execute-code, package, service, process, privilege]';

describe('a rule that refuses', () => {
  const policy = useOwnPolicy(`
version: 1
description: Everything but what keeps the machine reachable.
rules:
  - { id: open, allow: { effects: ${everything} }, reason: It may. }
  - { id: service, deny: { services: [sshd] }, reason: People come in by it. }
  - { id: package, deny: { packages: [openssh-server] }, reason: People come in by it. }
  - { id: process, deny: { processes: [sshd] }, reason: People come in by it. }
  - { id: account, deny: { runs_as: [postgres] }, reason: It owns the data. }
  - { id: place, deny: { runs_on: [db-1, container db] }, reason: The data are there. }
`);

  it.each([
    'systemctl stop sshd',
    'systemctl stop nginx sshd.service',
    "systemctl stop 'ssh*'",
    'systemctl stop "*"',
    "systemctl kill 's[sx]hd'",
    'systemctl isolate rescue.target',
    'systemctl stop ss[h]d',
    'systemctl stop "ss$x"',
    'systemctl stop "$x"',
    'service sshd stop',
    'supervisorctl stop sshd',
    'supervisorctl stop all',
    'echo sshd | xargs systemctl stop',
    'apt-get remove openssh-server',
    'apt-get remove openssh-server=1:9.2',
    'apt-get remove openssh-server/stable',
    'apt-get remove openssh-server:amd64',
    'apt-get install openssh-server-',
    'apt-get purge openssh.server',
    "apt-get remove 'openssh-s.*'",
    "apt-get remove '^openssh'",
    'apt-get remove openssh"$x"',
    'dpkg -P openssh-server',
    'dnf remove openssh-server-8.0p1-19.el9.x86_64',
    'yum erase openssh-server.x86_64',
    "dnf remove 'openssh*'",
    'rpm -e openssh-server',
    'apk del openssh-server',
    'pkill ssh',
    'pkill -9 sshd',
    'pkill -x sshd',
    "pkill 'ss.d'",
    'pkill -f /usr/sbin/sshd',
    'pkill -u root',
    "killall -r 'ss.*'",
    'killall sshd',
    'kill 1',
    'kill -9 -1',
    'kill $(pidof sshd)',
    'sudo -u postgres ls',
    "sudo -u '#26' ls",
    'sudo -u "$x" ls',
    'su postgres -c ls',
    'setpriv --reuid=postgres ls',
    'setpriv --reuid 26 ls',
    'chroot --userspec=postgres / ls',
    'systemd-run --uid=postgres ls',
    'pkexec --user postgres ls',
    'machinectl shell postgres@ /bin/ls',
    'machinectl --uid=postgres shell .host /bin/ls',
    'nsenter -t 1 --setuid 26 ls',
    'chroot --userspec=postgres:postgres / ls',
    'chroot --userspec=26:26 / ls',
    'ssh db-1 ls',
    'ssh maya@DB-1. ls',
    'ssh ssh://db-1 ls',
    'ssh ssh://maya@db-1:22 ls',
    'ssh "$host" ls',
    'ssh "db-$n" ls',
    'docker exec db ls',
    'docker exec "$container" ls',
  ])('is asked about every name it may be: %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('deny');
  });

  it.each([
    'systemctl restart nginx',
    "systemctl restart 'app-*'",
    'systemctl restart app@1.service',
    'apt-get install nginx',
    'apt-get install nginx=1.2 python3.11-venv g++',
    'dnf install nginx-1.24.0.x86_64',
    'pkill nginx',
    'killall node',
    'sudo -u www-data ls',
    'chroot --userspec=www-data:postgres / ls',
    'ssh web-1.example.com ls',
    'docker exec web ls',
    'npm ci',
  ])('says nothing to others: %s', async (command) => {
    expect(await policy.verdictOf(command)).not.toBe('deny');
  });
});

describe('a rule that allows', () => {
  const policy = useOwnPolicy(`
version: 1
description: What belongs to one application.
rules:
  - { id: services, allow: { effects: [service, privilege], services: ["app-*"] }, reason: They are its own. }
  - { id: packages, allow: { effects: ${everything}, packages: ["app-*", python3.11] }, reason: They are its own. }
  - { id: processes, allow: { effects: [process], processes: ["app-*", "*"] }, reason: They are its own., shadow: true }
  - { id: worker, allow: { effects: [process], processes: [app-worker] }, reason: It is its own. }
  - { id: code, allow: { effects: [read, execute-code], code: [python] }, reason: It is shown. }
`);

  it.each([
    'systemctl restart app-web',
    "systemctl restart 'app-*'",
    'systemctl restart app-web.service',
    'apt-get install app-web',
    'apt-get install app-web python3.11',
    'pkill -x app-worker',
    'killall app-worker',
    "python3 -c 'print(1)'",
  ])('covers what it names: %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('allow');
  });

  it.each([
    "systemctl restart '*'",
    'systemctl restart app-web nginx',
    'systemctl daemon-reload',
    'systemctl isolate app-web.target',
    "apt-get install 'app-.*'",
    'apt-get install app-web-',
    'apt-get install app-web/unstable',
    'apt-get install app-web ./x.deb',
    'apt-get dist-upgrade',
    'pkill app-worker',
    'pkill -f app-worker',
    'kill 12',
    'make',
  ])('covers nothing else: %s', async (command) => {
    expect(await policy.verdictOf(command)).not.toBe('allow');
  });
});

describe('a rule about tools', () => {
  const policy = useOwnPolicy(`
version: 1
description: Everything but some programs.
rules:
  - { id: open, allow: { effects: ${everything} }, reason: It may. }
  - { id: some, deny: { tools: [chgrp, python3, gunzip, "pip3 install", killall] }, reason: They are not for agents. }
`);

  it.each([
    'chgrp a b',
    '/usr/bin/chgrp a b',
    'python3 x.py',
    'python3.11 x.py',
    'gunzip a.gz',
    'pip3 install x',
    'xargs -a list killall',
  ])('means what is called so: %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('deny');
  });

  it.each(['chown a b', 'gzip a', 'pip3 list', 'pkill x'])('and no other of its description: %s', async (command) => {
    expect(await policy.verdictOf(command)).not.toBe('deny');
  });
});
