/** Arithmetic over what commands print, as it is sent, in real shells among files whose names and content are traps. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/directory.ts';
import { modelOf } from '../support/sent-text.ts';

const evil = 'a[$(echo EVIL >&2)]';

function trap(): string {
  const directory = temporaryDirectory();
  const names = ['f', '-c%n', '--printf=%n', '-fa', `${evil}.dat`, `-c${evil}.dat`, '7', '-e', '--help'];
  for (const name of names) writeFileSync(join(directory, name), `${evil} 12\n${evil}\n`);
  return directory;
}

function runIn(shell: string, text: string, cwd: string) {
  const words = shell === 'busybox' ? ['sh', '-c', text] : ['-c', text];
  return spawnSync(shell, words, { cwd, encoding: 'utf8', env: { PATH: process.env.PATH ?? '' } });
}

const everywhere = [
  'echo $(( $(wc -l < f) + 1 ))',
  'echo $(( $(cat f | wc -w) * 2 ))',
  'echo $(( $(tr -dc 0-9 < f) ))',
  "echo $(( $(grep -o '[0-9]*' < f | head -1) ))",
  "echo $(( $(sed 's/[^0-9]//g' < f | head -1) + 1 ))",
  'for f in *; do echo $(( $(stat -c %s "$f") + 1 )); done',
  'for f in *; do s=$(stat -c %Y "$f"); echo $(( s / 2 )); done',
  'for f in *; do echo $(( $(wc -c < "$f") )); done',
  'for f in *; do echo $(( $(grep -c . < "$f") )); done',
  'echo $(( $(stat -c %s f) + $(date +%s) ))',
  'echo $(( $(grep -c . f) + 1 ))',
  "echo $(( $(awk '/MemFree/ {print $2}' /proc/meminfo) / 1024 ))",
  "echo $(( $(grep MemFree /proc/meminfo | awk '{print $2}') / 1024 ))",
  "echo $(( $(free -m | awk '/^Mem:/ {print $2}') * 2 ))",
  'echo $(( $(cut -d. -f1 /proc/uptime) / 3600 ))',
  "n=$(awk '/eth0:/ {print $2}' /proc/net/dev); echo $((n + 1))",
  "echo $(( $(date -d '2024-01-01' +%Y) ))",
  'n=$(ls | wc -l); i=0; while [ $i -lt $n ]; do i=$(expr $i + 1); done; echo $((i))',
];

const inBash = [
  'for f in *; do [[ $(stat -c %s "$f") -gt 3 ]] && echo $f; done',
  'for f in *; do (( $(stat -c %s "$f") > 3 )) && echo x; done',
  'for f in *; do ((n++)); done; echo $n',
  'n=$(ls | wc -l); let m=n+n; let "m += n"; echo $m',
  'mapfile -t lines < f; echo "${#lines[@]}"',
];

describe.each(['bash', 'dash', 'busybox'])('%s', (shell) => {
  it.each(shell === 'bash' ? [...everywhere, ...inBash] : everywhere)('%s evaluates numbers only', async (text) => {
    const directory = trap();
    const { canonical = '', unknowns } = await modelOf(text, directory);
    expect(unknowns).toEqual([]);
    const { stdout, stderr } = runIn(shell, canonical, directory);
    expect(stderr).not.toContain('EVIL');
    expect(stdout).toMatch(/\w/);
  });
});

it.each(['echo $(( $(head -1 f | cut -d" " -f1-3) ))', 'for f in *.dat; do x=$f; echo $((x)); done'])(
  '%s would run what a name or a file says, and is not understood',
  async (text) => {
    const directory = trap();
    expect(existsSync(join(directory, 'f'))).toBe(true);
    expect((await modelOf(text, directory)).unknowns).not.toEqual([]);
    expect(runIn('bash', text, directory).stderr).toContain('EVIL');
  },
);
