/**
 * Judges a few made-up commands, so that the code that reads and decides is compiled before the first real one waits for
 * it. The answers go nowhere.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { CommandModel, UnderstandContext } from './command/model.ts';
import type { PolicyContext } from './policy/decision.ts';

/** Together they meet most of the grammar and the busiest tools. */
const lines = [
  'ls -la /var/log',
  "find /srv -name '*.log' -mtime -1 -exec grep -l error {} + | sort | uniq -c | head -20",
  'cd /srv/app && git log --oneline -5 | cat',
  'for f in a b c; do wc -l "$f"; done',
  'if [ -f /etc/hosts ]; then cat /etc/hosts; else echo none; fi',
  "awk '{ sum += $2 } END { print sum }' /tmp/x | tee /tmp/y",
  "sed -n '1,20p' file.txt; sed -i 's/a/b/g' file.txt",
  'x=$(date +%F); echo "today is ${x:-unknown}" > /tmp/day 2>&1',
  'ps aux | grep -v grep | awk "{print \\$2}" | xargs kill -9',
  'tar -czf /tmp/a.tgz -C /srv app && curl -fsS https://example.com/x -o /tmp/x',
  'sudo -u deploy env A=b timeout 5 systemctl restart nginx',
  'docker ps -a --format "{{.Names}}" | while read -r n; do docker logs "$n"; done',
  "bash -c 'cat /etc/passwd | cut -d: -f1'",
  'cat <<EOF > /tmp/conf\nhello $HOME\nEOF',
  'rm -rf build/ && mkdir -p build/{a,b} && cp -r src/. build/',
  'diff <(sort a) <(sort b) || true',
];
/** Whom the made-up commands are judged for. */
export const nobody: PolicyContext = {
  agent: { name: 'nobody', owner: 'nobody', labels: {} },
  target: { name: 'nowhere', labels: {} },
  account: 'nobody',
  nowMs: 0,
  session: { commands: 0, fired: {}, readPaths: [], writtenPaths: [], bytesOut: 0, lastHour: {} },
};

/** Measured: after about a thousand the times no longer fall. */
const rounds = 60;

/** Long enough for the thread that reads large texts: it then runs before the first of them waits for it. */
const longLine = `echo ${'a '.repeat(4_096)}`;

/** Yields after every round, so that a running server answers in between. */
export async function warmUp(
  understand: (text: string, context: UnderstandContext) => Promise<CommandModel>,
  decide: (model: CommandModel) => unknown,
): Promise<void> {
  const context = { dialect: 'bash', workingDirectory: '/home/agent', homeDirectory: '/home/agent' } as const;
  for (let round = 0; round < rounds; round += 1) {
    for (const line of lines) decide(await understand(line, context));
    await turn();
  }
  decide(await understand(longLine, context));
}
