/**
 * Judges a few made-up commands, so that the code that reads and decides is compiled before the first real one waits for
 * it. The answers go nowhere.
 */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { CommandModel } from './command/model.ts';
import type { Judgement } from './judgement.ts';
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
  "find Folder -name '[!a-c]*.Conf' -exec cp {} /srv/Other/[[:lower:]]x \\;",
  'mv server.log logs/app-$(date -d today +%F).log; for ((i=0; i<3; i++)); do echo $i; done',
  'grep -c IPV6 /boot/config-$(uname -r) | cut -d: -f1-$(( $(wc -l < /tmp/x) + 1 ))',
];
const where = { dialect: 'bash', workingDirectory: '/home/agent', homeDirectory: '/home/agent' } as const;
/** Whom the made-up commands are judged for. */
export const nobody: PolicyContext = {
  agent: { name: 'nobody', owner: 'nobody', labels: {} },
  target: { name: 'nowhere', labels: {} },
  account: 'nobody',
  nowMs: 0,
  session: { commands: 0, fired: {}, readPaths: [], writtenPaths: [], bytesOut: 0, lastHour: {} },
};

/** Measured: behind the examples, the times hardly fall after this many. */
const rounds = 12;

/** Long enough for the thread that reads large texts: it then runs, and is warm, before the first of them waits for it. */
const longText = `${lines.join('\n')}\n`.repeat(5);
const longRounds = 12;

/** What was found hot is compiled beside this thread; on a small machine it would take turns with the first commands. */
const settlingMs = 100;

/**
 * Every tool's examples are read once as well: code that has only seen a few kinds of command is compiled for those, and
 * again at the first of another kind. Yields after every few lines, so that a running server answers in between.
 */
export async function warmUp(
  { understand, exampleLines }: Pick<Judgement, 'understand' | 'exampleLines'>,
  decide: (model: CommandModel) => unknown,
): Promise<void> {
  const read = async (some: readonly string[]): Promise<void> => {
    for (const line of some) decide(await understand(line, where));
    await turn();
  };
  for (let at = 0; at < exampleLines.length; at += lines.length) await read(exampleLines.slice(at, at + lines.length));
  for (let round = 0; round < rounds; round += 1) await read(lines);
  await sleep(settlingMs);
}

/**
 * The same for the thread that reads large texts, for measuring it. A server leaves that to its first large text: loading a
 * second copy of everything costs seconds of a small machine, and that text's deadline begins behind it.
 */
export async function warmUpThread({ understand }: Pick<Judgement, 'understand'>): Promise<void> {
  for (let round = 0; round < longRounds; round += 1) await understand(longText, where);
}
