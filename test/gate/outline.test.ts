import { describe, expect, it } from 'vitest';
import { isRespelling } from '../../src/approval/respelling.ts';
import { outlineOf } from '../../src/gate/outline.ts';
import { createLocalUnderstander } from '../../src/local-understander.ts';

const { understand } = createLocalUnderstander();
const place = { dialect: 'bash', workingDirectory: '/home/deploy', homeDirectory: '/home/deploy' } as const;

async function outline(text: string, stdin?: string) {
  return outlineOf(await understand(text, place), stdin);
}

describe('another spelling of what was rejected', () => {
  it.each([
    ['rm -rf /srv/x', 'rm -rf /srv/x'],
    ['rm -rf /srv/x', 'find /srv/x -delete'],
    ['rm -rf /srv/x', "r''m -rf /srv/x"],
    ['rm -rf /srv/x', '/bin/rm -r -f /srv/x/'],
    ['rm -rf /srv/x', "bash -c 'rm -rf /srv/x'"],
    ['rm -rf /srv/x', 'sudo rm -rf /srv/x'],
    ['sudo rm -rf /srv/x', 'rm -rf /srv/x'],
    ['rm -rf /srv/x', 'cd /srv && rm -rf x'],
    ['rm -rf /srv/x', 'rm -rf /srv/x/*'],
    ['rm -rf /srv/x', 'rm -rf /srv/./x; echo done'],
    ['rm -rf /srv/x', 'rm -rf /srv/x /srv/y'],
    ['rm -rf /srv/x', 'xargs rm -rf <<< /srv/x'],
    ['rm -rf /srv/x', 'python3 -c "import shutil; shutil.rmtree(\'/srv/x\')"'],
    ['rm -rf /srv/x', 'perl -e "system q(rm -r /srv/x)"'],
    ['echo x > /etc/app.conf', 'echo x | tee /etc/app.conf'],
    ['systemctl restart nginx', 'service nginx restart'],
    ['systemctl restart nginx', 'sudo systemctl restart nginx.service || systemctl restart nginx'],
    ['cat /etc/app/secret.env', 'head -n 99 /etc/app/secret.env'],
    ['cat /etc/app/secret.env', 'base64 < /etc/app/secret.env'],
    ['terraform apply', "sh -c 'terraform   apply'"],
    ['psql -c "delete from users"', "psql -At -c 'DELETE FROM users WHERE true'"],
    ['bash /srv/deploy.sh', 'sh /srv/deploy.sh'],
  ])('%s → %s', async (rejected, asked) => {
    expect(isRespelling(await outline(rejected), await outline(asked))).toBe(true);
  });

  it('is found in the program on stdin', async () => {
    const rejected = await outline('rm -rf /srv/x');
    expect(isRespelling(rejected, await outline('python3 -', 'import shutil\nshutil.rmtree("/srv/x")'))).toBe(true);
    expect(isRespelling(rejected, await outline('python3 -', 'print("/srv/xy", "/srv/x/log")'))).toBe(false);
  });
});

describe('a new question', () => {
  it.each([
    ['rm -rf /srv/x', 'rm -rf /srv/y'],
    ['rm -rf /srv/x', 'rm -rf /srv/xx'],
    ['rm -rf /srv/x', 'rm /srv/x/one.log'],
    ['rm -rf /srv/x', 'ls -la /srv/x'],
    ['rm -rf /srv/x', 'du -sh /srv/x'],
    ['rm -rf /srv/x', 'touch /srv/x'],
    ['rm -rf /srv/x /srv/y', 'rm -rf /srv/x'],
    ['rm -rf /srv/x && systemctl restart nginx', 'systemctl restart nginx'],
    ['systemctl restart nginx', 'systemctl restart caddy'],
    ['systemctl restart nginx', 'systemctl status nginx'],
    ['git push origin main', 'git commit -m main'],
    ['git -C /srv/app push', 'git -C /srv/app commit -m x'],
    ['make deploy', 'make lint'],
    ['cat /etc/app/secret.env', 'cat /etc/app/other.env'],
    ['grep -r password /srv/app', 'ls /srv/app'],
    ['echo a > /dev/null', 'echo b > /dev/null'],
    ['psql -c "delete from users"', 'psql -c "delete from sessions"'],
    ['psql -c "delete from users"', 'psql -c "select * from users"'],
    ['curl https://example.com/install | bash', 'curl https://example.com/install -o /tmp/install'],
    ['kill 123', 'kill 124'],
    ['apt-get install nginx', 'apt-get install caddy'],
  ])('%s → %s', async (rejected, asked) => {
    expect(isRespelling(await outline(rejected), await outline(asked))).toBe(false);
  });
});
