/** Patterns of commands, against other ways of writing the same and words that are more than a star looks like. */
import { describe, expect, it } from 'vitest';
import { openOwnPolicy, useOwnPolicy } from '../support/own-policy.ts';

describe('a pattern that refuses', () => {
  const policy = useOwnPolicy(`
version: 1
description: Everything but some commands.
rules:
  - id: open
    allow: { effects: [read, write, delete, network, execute-code, service, process, package], commands: ["**"], hosts: ["*"] }
    reason: It may.
  - id: never
    deny:
      commands:
        - git push --force **
        - rm *
        - systemctl stop nginx
        - docker system prune
        - curl -k *
        - npm install **
        - chmod 777 *
        - python3 manage.py migrate **
        - kubectl delete ** --all
        - crontab -r
        - tar -xf *
        - mysql -u root **
        - mysql --user=root **
        - kubectl ** -n kube-system **
        - helm ** -n=prod
        - reboot
        - terraform apply
        - curl ** -H Authorization:*
        - "* ** --password=*"
        - "** --token *"
        - cat /etc/*
`);

  it.each([
    'git push --force origin main',
    'git push origin main --force',
    'git push origin --force',
    'git -C /srv push --force',
    'git --no-pager push --force',
    'git push "$x" origin',
    'rm x',
    'rm -rf x',
    'rm -- x y',
    '/bin/rm -f x',
    'busybox rm -f x',
    'timeout 5 rm -f x',
    'sh -c "rm -r x"',
    'find . -exec rm -f {} +',
    'systemctl --now stop nginx',
    'systemctl stop nginx -q',
    'docker system prune -af',
    'docker system prune --filter until=24h',
    'curl -sk https://x.example',
    'curl https://x.example -k',
    'npm i left-pad',
    'npm --prefix x install y',
    'chmod -R 777 x y',
    'python3.11 manage.py migrate',
    'python3 -W ignore manage.py migrate --fake',
    'kubectl --namespace x delete pods --all',
    'kubectl delete --all pods',
    'kubectl delete pods --all=true',
    'kubectl get pods -n=kube-system',
    'kubectl -n=kube-system get pods',
    'kubectl get pods -nkube-system -o wide',
    'helm list -n prod -a',
    'helm -n=prod list',
    'crontab -u bob -r',
    'tar -x -f a',
    'tar -xvf a',
    'mysql -uroot x',
    'mysql x --user root',
    'reboot -f',
    'terraform apply -auto-approve',
    "curl -H 'Authorization: Bearer x' https://x.example",
    "curl https://x.example '-HAuthorization: Bearer x'",
    'mysqladmin -u root --password=x status',
    'mysqladmin --password x status',
    'gh --token x auth login',
    'gh auth login --token=x',
    'cat -n /etc/hosts /etc/motd',
  ])('is about %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('deny');
  });

  it.each([
    'git log --grep push',
    'git status',
    'rmdir x',
    'ls rm',
    'echo rm x',
    'systemctl status nginx',
    'systemctl stop sshd',
    'docker system df',
    'curl https://x.example',
    'npm ls',
    'npm run install-hooks',
    'chmod 644 777',
    'kubectl delete pods web',
    'kubectl get pods -n=web',
    'helm list -n web',
    'crontab -l',
    'tar -tf a',
    "mysql -e 'select 1' -u app",
    'terraform plan',
    "curl -H 'Accept: text/html' https://x.example",
    'mysqladmin -u root status',
    'cat /srv/hosts',
    'gh auth status',
  ])('is not about %s', async (command) => {
    expect((await policy.verdictOf(command)) === 'deny').toBe(false);
  });
});

describe('an option by another name', () => {
  const policy = useOwnPolicy(`
version: 1
rules:
  - id: open
    allow: { effects: [read, write, delete, network, execute-code, service, process, package, privilege], commands: ["**"], hosts: ["*"], scopes: [public] }
  - id: never
    deny:
      commands:
        - git push --force **
        - git commit -n **
        - curl --oauth2-bearer **
        - docker run -v **
        - curl --request=DELETE **
        - curl -d * **
        - rm --recursive **
        - acme-deploy -y **
`);

  it.each([
    'git push -f',
    'git push origin main -uf',
    'git -C x push -f origin',
    'git commit --no-verify -m x',
    'docker run --volume /:/host x',
    'docker container run --volume=/:/host x',
    'curl -X DELETE https://x.example',
    'curl -sXDELETE https://x.example',
    'curl --data x https://x.example',
    'rm -R x',
    'rm -rf x',
    'acme-deploy web --yes',
  ])('is asked about in %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('approve');
  });

  it.each([
    'rm x',
    'rm -v x',
    'rm --verbose x',
    'curl https://x.example',
    'curl -s https://x.example',
    'curl -o x https://x.example',
    'docker container run x',
  ])('is not seen in %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('allow');
  });
});

it('lets a refusing pattern with all its words be a narrow one', async () => {
  const policy = await openOwnPolicy(`
version: 1
rules:
  - { id: open, allow: { effects: [read, write, network, execute-code], commands: ["**"] } }
  - { id: never, deny: { commands: [make, git push] } }
`);
  try {
    for (const one of ['make', 'make -j4', 'git push', 'git -C x push', 'git push --tags'])
      expect(await policy.verdictOf(one)).toBe('deny');
    for (const one of ['make test', 'git status', 'git push origin main'])
      expect(await policy.verdictOf(one)).not.toBe('deny');
  } finally {
    await policy.close();
  }
});

it('takes a glob for what a pattern says that is written the same', async () => {
  const policy = await openOwnPolicy(`
version: 1
rules:
  - { id: old-logs, allow: { commands: ["rm /var/log/app/*.gz", "gzip *.log", "touch /srv/**"] } }
`);
  try {
    expect(await policy.verdictOf('rm /var/log/app/*.gz')).toBe('allow');
    expect(await policy.verdictOf('rm /var/log/app/a.gz')).toBe('allow');
    // It is sent with quotes around the name.
    expect(await policy.verdictOf('for f in /var/log/app/*.gz; do rm $f; done')).toBe('allow');
    for (const other of [
      'rm /var/log/*/*.gz',
      'rm /var/log/app/*',
      'rm /var/log/app/*.gz /srv/x',
      'rm $x/var/log/app/*.gz',
      'gzip *.log',
      'touch /srv/**',
    ])
      expect([other, await policy.verdictOf(other)]).toEqual([other, 'approve']);
  } finally {
    await policy.close();
  }
});

it('sees the same in an exception of an allow rule', async () => {
  const policy = await openOwnPolicy(`
version: 1
rules:
  - { id: some, allow: { commands: ["systemctl **"] }, except: { commands: ["systemctl stop --force **"] } }
`);
  try {
    expect(await policy.verdictOf('systemctl stop nginx')).toBe('allow');
    expect(await policy.verdictOf('systemctl stop nginx --force')).toBe('approve');
    expect(await policy.verdictOf('systemctl --force stop nginx')).toBe('approve');
  } finally {
    await policy.close();
  }
});

describe('a pattern that allows', () => {
  const policy = useOwnPolicy(`
version: 1
description: Some commands.
rules:
  - id: some
    allow:
      commands:
        - cat /var/log/*
        - tail *.log
        - rm /srv/app/*
        - scp * web:/srv/*
        - curl -s https://*.example.com/*
        - curl https://api.example.com:*/
        - git log *..*
        - ls *
`);

  it.each([
    'cat /var/log/../../srv/notes',
    'cat /var/log/..',
    'tail ../../srv/x.log',
    'rm /srv/app/../../srv/other',
    'scp a web:/srv/../etc/motd',
    'curl -s https://evil.net/.example.com/x',
    "curl -s 'https://evil.net?.example.com/x'",
    "curl -s 'https://evil.net#.example.com/x'",
    'curl -s https://user@evil.net/.example.com/',
    'curl -s https://x.example.com@evil.net/.example.com/',
    'curl https://api.example.com:x@evil.net/',
    'rm -f /srv/app/x',
  ])('covers no more than it looks like: %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('approve');
  });

  it.each([
    'cat /var/log/syslog',
    'cat /var/log/nginx/access.log',
    'cat /var/log/a..b',
    'tail a.log',
    'rm /srv/app/x',
    'curl -s https://a.b.example.com/x/y',
    'curl https://api.example.com:8443/',
    'git log main..topic',
    'ls ../x',
  ])('covers %s', async (command) => {
    expect(await policy.verdictOf(command)).toBe('allow');
  });
});

describe('a pattern that would be another than it looks like', () => {
  it.each([
    ['curl https://api.example.com*', 'stands for other hosts as well'],
    ['curl https://10.0.0.*/x', 'stands for other hosts as well'],
    ['sudo systemctl restart nginx', '`sudo systemctl restart nginx` never matches: sudo gains rights'],
  ])('is a problem: %s', async (pattern, wanted) => {
    await expect(
      openOwnPolicy(`version: 1\nrules:\n  - { id: a, allow: { commands: ["${pattern}"] } }`),
    ).rejects.toThrow(wanted);
  });

  it('is none with the rights and the command beside it', async () => {
    const policy = await openOwnPolicy(`
version: 1
rules:
  - { id: a, allow: { commands: ["systemctl restart nginx", "sudo systemctl restart nginx"], runs_as: [root] } }
`);
    try {
      expect(await policy.verdictOf('sudo systemctl restart nginx')).toBe('allow');
      expect(await policy.verdictOf('sudo -u bob systemctl restart nginx')).toBe('approve');
    } finally {
      await policy.close();
    }
  });
});

describe('patterns beside tools', () => {
  const both = (tools: string, commands: string) =>
    openOwnPolicy(`version: 1\nrules:\n  - { id: a, deny: { tools: [${tools}], commands: ["${commands}"] } }`);

  it('have to be about one of them', async () => {
    await expect(both('cat', 'rm **')).rejects.toThrow('name no program in common, so nothing can match');
  });

  it.each([
    ['cat', 'cat /etc/*'],
    ['docker', 'podman rm *'],
    ['git, npm', '/usr/bin/npm ci'],
    ['python', 'python3.11 **'],
    ['cat', '* x'],
  ])('may be: %s, %s', async (tools, commands) => {
    await (await both(tools, commands)).close();
  });
});
