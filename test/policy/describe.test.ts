import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJudgement } from '../../src/judgement.ts';
import { ordinarySituation } from '../../src/policy/case.ts';
import { describeCommand } from '../../src/policy/describe.ts';
import { openShippedJudge, type ShippedJudge } from '../support/shipped-judge.ts';

let judgement: Awaited<ReturnType<typeof createJudgement>>;
let judge: ShippedJudge;
beforeAll(async () => {
  judgement = await createJudgement();
  judge = await openShippedJudge('default');
});
afterAll(async () => {
  await judgement.close();
  await judge.close();
});

describe('what a command does, in words', () => {
  it.each<[string, string | RegExp]>([
    ['psql -c "delete from users"', 'psql runs SQL DELETE on users without WHERE: every row, talks to the database'],
    ['psql -c "update users set a = 1 where id = 4"', 'psql runs SQL UPDATE on users, talks to the database'],
    ['psql -c "select 1 from a join b on true"', 'psql runs SQL SELECT on a, b, talks to the database'],
    ['systemctl restart nginx', 'systemctl changes services (nginx)'],
    ['kill -9 12 13', 'kill affects processes (12, 13)'],
    ['kill -9 $PID', 'kill affects processes only known at run time'],
    ['killall', 'killall signals processes'],
    [
      'kubectl delete pod x',
      'kubectl deletes what the cluster runs, talks to the cluster, changes what the cluster runs',
    ],
    ['sync', 'sync flushes what is not yet on disk'],
    ['curl https://example.com/x', 'curl contacts example.com'],
    ['curl -X DELETE https://example.com/x', 'curl sends data or a change to example.com'],
    ['scp a example.com:b', 'scp reads /home/agent/a and below, sends data or a change to example.com'],
    ['sudo -u postgres -l', 'sudo gains the rights of postgres'],
    ['dd if=/dev/sda of=x', /touches a file with keys/],
    ['tar cf x.tar /root', /may touch a file with keys/],
    ["python3 -c 'print(1)'", 'python3 runs python code'],
    ["perl -lane 'print $F[0]' f", 'perl reads /home/agent/f, runs perl code'],
    ['mtr -rwc 3 192.0.2.1', 'mtr contacts 192.0.2.1'],
    ['mongosh app --eval 1', 'mongosh talks to the database, runs javascript code'],
    ["python3 - <<'E'\nprint(1)\nE", 'python3 runs what it reads from stdin'],
    ['python3 x.py', 'python3 executes /home/agent/x.py'],
    ['rm -rf /srv/a /srv/b', 'rm deletes /srv/a and all in it, /srv/b and all in it'],
  ])('says of %s: %s', async (command, want) => {
    const model = await judgement.understand(command, ordinarySituation.understand);
    expect(model.commands.map(describeCommand)).toEqual([want instanceof RegExp ? expect.stringMatching(want) : want]);
  });

  it.each([
    ['sudo systemctl restart nginx', 'systemctl as root changes services (nginx)'],
    ['sudo -u www timeout 5 rm x', 'rm as www deletes /home/agent/x'],
    ['docker exec web rm -rf /x', 'rm on container web deletes /x and all in it'],
    ['mv a b', 'mv deletes /home/agent/a, writes /home/agent/b, reads /home/agent/a'],
    ['sudo rm x; rm y', 'rm as root deletes /home/agent/x'],
    ['rm y; sudo rm x', 'rm deletes /home/agent/y'],
    ['sudo -v', 'sudo gains the rights of root'],
    ["find /srv -name '*.tmp' -exec rm {} +", 'rm deletes /srv and below'],
  ])('tells what is run and not only what runs it: %s', async (command, does) => {
    expect((await judge.decide(command, 'bash')).reason).toBe(`no rule allows it: ${does}`);
  });

  it('names the rule that would allow it but for its exception', async () => {
    const { reason } = await judge.decide('git diff', 'bash');
    expect(reason).toBe(
      "no rule allows it: git reads (look-around would, but git compares changed files by programs that the repository's configuration may name; git log -p A..B and git show compare commits without)",
    );
  });
});

describe('what an agent is told to write instead', () => {
  it.each([
    ['read -r f < names; cat "$f"', /^Write out which file it is, or a glob that ends in its name/],
    ['cd "$(cat where)" && cat notes', /^Write out which file it is/],
    ['cat /srv/app/a*', /^Write out which files they are, or a glob whose end says so/],
    ['cat /etc/shadow', /^Ask the agent's owner/],
    ['touch x', /^$/],
  ])('of %s', async (command, want) => {
    const { instead } = await judge.decide(command, 'bash');
    expect(instead ?? '').toMatch(want);
  });

  it.each([
    ['u=$(cat f); sed "s/^/$u/" g', /program is not known before it runs; awk -v x=/],
    ['u=$(cat f); awk "{ print $u }" g', /hand over a value with -v/],
    ["ls | xargs -I{} sh -c 'echo {}'", /hand it over as an argument: sh -c/],
    ['zgrep x /var/log/nginx/access.log*.gz', /a name with a blank in it would mean something else there/],
  ])('where a word of %s is not known', async (command, want) => {
    const { reason } = await judge.decide(command, 'bash');
    expect(reason).toMatch(want);
  });
});
