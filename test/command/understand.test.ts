import { describe, expect, it } from 'vitest';
import type { CommandModel, SimpleCommand, Word } from '../../src/command/model.ts';
import { createUnderstander } from '../../src/command/understand.ts';
import { readAnyTool, readTestTool } from '../support/tool-readings.ts';

const understander = createUnderstander({ readTool: readTestTool });
const context = { dialect: 'bash', workingDirectory: '/srv', homeDirectory: '/home/ada' } as const;
const read = (text: string): CommandModel => understander.understandSync(text, context);
const show = (word: Word): string => (word.kind === 'known' ? word.value : `<${word.why}:${word.prefix}>`);
const argvs = (model: CommandModel): readonly string[] =>
  model.commands.filter((c) => c.argv.length > 0).map((c) => c.argv.map(show).join(' '));
const unknowns = (model: CommandModel): readonly string[] =>
  [...model.unknowns, ...model.commands.flatMap((c) => c.unknowns)].map(({ code }) => code);
const only = (text: string): SimpleCommand => {
  const { commands } = read(text);
  expect(commands).toHaveLength(1);
  const [command] = commands;
  if (command === undefined) throw new Error('no command');
  return command;
};

describe('every command of the text is listed, with its words', () => {
  it.each([
    { text: 'ls -l', want: ['ls -l'] },
    { text: 'ls; id && date || wc &', want: ['ls', 'id', 'date', 'wc'] },
    { text: 'ls\nid # comment; rm\ndate', want: ['ls', 'id', 'date'] },
    { text: 'ls | wc -l', want: ['ls', 'wc -l'] },
    { text: '(ls; { id; }) && ! date', want: ['ls', 'id', 'date'] },
    { text: 'if ls; then id; elif date; then wc; else pwd; fi', want: ['ls', 'id', 'date', 'wc', 'pwd'] },
    { text: 'while ls; do id; done; until date; do wc; done', want: ['ls', 'id', 'date', 'wc'] },
    { text: 'case a in b|c) ls;; (*) id; esac', want: ['ls', 'id'] },
    { text: 'echo $(ls; id) `date`', want: ['ls', 'id', 'date', 'echo <substitution:> <substitution:>'] },
    { text: 'echo "${x:-$(id)}"', want: ['id', 'echo <parameter:>'] },
    { text: 'cat <(ls) > >(wc)', want: ['ls', 'wc', 'cat <process:/dev/fd/>'] },
    { text: 'cat <<E\n$(id)\nE\n', want: ['id', 'cat'] },
    { text: "cat <<'E'\n$(id)\nE\n", want: ['cat'] },
    { text: 'x=$(id) y=`date`', want: ['id', 'date'] },
    { text: '[[ -f $(id) ]] && ls', want: ['id', 'ls'] },
    { text: "ec''ho 'a b'\"c d\"\\ e", want: ['echo a bc d e'] },
    { text: "echo $'a\\tb\\x41'", want: ['echo a\tbA'] },
    { text: 'ls a*  "b*" {c,d} x{1..3}y ~/x ~bob', want: ['ls <glob:a> b* c d x1y x2y x3y /home/ada/x <tilde:>'] },
    { text: 'ls {a,b}{1,2} /a/**/*.c {01..03}', want: ['ls a1 a2 b1 b2 <glob:/a/> <brace:>'] },
    { text: 'ls {,b}', want: ['ls b'] },
    { text: 'ls ../{} a{5} {}, "${a[@]}" ${a[0]}', want: ['ls ../{} a{5} {}, <parameter:> <parameter:>'] },
    { text: 'ls `date \'\\n\'` "a$\\|b$:c"', want: ['date \\n', 'ls <substitution:> a$\\|b$:c'] },
    { text: '#!/bin/bash\nls', want: ['ls'] },
    { text: 'while read -d $\'\\0\' f; do ls "$f"; done', want: ['read -d  f', 'ls <parameter:>'] },
    { text: '[[ $x =~ $y || $x =~ "a b" || $x =~ ^a.*$ ]] && ls', want: ['ls'] },
    { text: 's=0; for i in {1..40}; do s=$((s+i)); done; ls a$s', want: ['ls <parameter:a>'] },
    { text: 'sudo -u bob ls -l', want: ['sudo -u bob ls -l', 'ls -l'] },
    { text: "bash -c 'ls; sh -c id'", want: ['bash -c ls; sh -c id', 'ls', 'sh -c id', 'id'] },
    { text: 'ssh h ls "|" wc', want: ['ssh h ls | wc', 'ls', 'wc'] },
    { text: "eval 'ls; id'", want: ['eval ls; id', 'ls', 'id'] },
    { text: 'command ls -l; exec id', want: ['command ls -l', 'ls -l', 'exec id', 'id'] },
    { text: "echo 'ls; id' | sh", want: ['echo ls; id', 'sh', 'ls', 'id'] },
    { text: "printf 'ls\\nid\\n' | bash -s", want: ['printf ls\\nid\\n', 'bash -s', 'ls', 'id'] },
    { text: 'sh <<E\nls\nid\nE\n', want: ['sh', 'ls', 'id'] },
    { text: 'bash <<< "ls; id"', want: ['bash', 'ls', 'id'] },
    { text: 'cat <<E | sudo sh\nls\nE\n', want: ['cat', 'sudo sh', 'sh', 'ls'] },
    { text: 'f() { ls "$1"; id; }; f a; date', want: ['f a', 'ls a', 'id', 'date'] },
    { text: 'f() { ls; }; date', want: ['date', 'ls'] },
  ])('$text', ({ text, want }) => {
    expect(argvs(read(text))).toEqual(want);
    expect(unknowns(read(text))).toEqual([]);
  });
});

describe('variables are followed where that is sound', () => {
  it.each([
    { text: 'd=/tmp; ls $d/x', want: 'ls /tmp/x' },
    { text: 'a=1 b=${a}; c="$a$b"; ls $c', want: 'ls 11' },
    { text: 'o=\'-l -a\'; ls $o "$o"', want: 'ls -l -a -l -a' },
    { text: "o='*'; ls $o", want: 'ls <glob:>' },
    { text: 'x=; ls $x "$x" a', want: 'ls  a' },
    { text: 'ls $y "$y"', want: 'ls <parameter:> <parameter:>' },
    { text: 'ls /a/$y "/a/$y"', want: 'ls <parameter:> <parameter:/a/>' },
    { text: 'x=a; (x=b); ls $x', want: 'ls a' },
    { text: 'x=a; echo | x=b; ls $x', want: 'ls a' },
    { text: 'x=a; x=b & ls $x', want: 'ls a' },
    { text: 'x=a; id && x=b; ls $x', want: 'ls <parameter:>' },
    { text: 'x=a; if id; then x=b; fi; ls $x', want: 'ls <parameter:>' },
    { text: 'x=a; if id; then x=b; else x=b; fi; ls $x', want: 'ls b' },
    { text: 'x=a; while id; do x=b; done; ls $x', want: 'ls <parameter:>' },
    { text: 'x=a; read x; ls $x', want: 'ls <parameter:>' },
    { text: 'x=a; unset x; ls $x', want: 'ls <parameter:>' },
    { text: 'x=a; echo ${y:=$x}; y=b; ls $y', want: 'ls b' },
    { text: 'y=b; echo ${y:=c}; ls $y', want: 'ls <parameter:>' },
    { text: 'f() { x=b; }; x=a; f; ls $x', want: 'ls b' },
    { text: 'f() { local x=b; }; x=a; f; ls $x', want: 'ls <parameter:>' },
    { text: 'f() { x=b; if id; then return; fi; x=c; }; f; ls $x', want: 'ls <parameter:>' },
    { text: 'f() { x="$@"; }; f b; ls $x', want: 'ls b' },
    { text: 'f() { x="$@"; }; f b c; ls $x', want: 'ls <parameter:>' },
    { text: 'local x=b; ls $x', want: 'ls <parameter:>' },
    { text: 'x=a; eval x=b; ls $x', want: 'ls b' },
    { text: "x=a; sh -c 'x=b'; ls $x", want: 'ls a' },
    { text: 'export LANG=C; ls $LANG', want: 'ls C' },
    { text: 'x=a; readonly x; ls $x', want: 'ls <parameter:>' },
    { text: 'x=a; printf -v x b; ls $x', want: 'ls <parameter:>' },
    { text: 'LANG=C ls $LANG', want: 'ls <parameter:>' },
    { text: 'i=0; i=$((i+1)); ls f$i', want: 'ls <parameter:f>' },
    { text: 'for i in a b; do :; done; ls $i', want: 'ls <parameter:>' },
    { text: 'set -- a b; ls $1', want: 'ls <parameter:>' },
    { text: 'ls $HOME/x ~/y', want: 'ls /home/ada/x /home/ada/y' },
    { text: 'for d in /a/*; do ls "$d"; done', want: 'ls <glob:/a/>' },
  ])('$text', ({ text, want }) => {
    expect(
      argvs(read(text))
        .filter((argv) => argv.startsWith('ls'))
        .at(-1),
    ).toBe(want);
  });

  it('unrolls a loop over known words', () => {
    expect(argvs(read('for f in a "b c"; do cat "$f"; done'))).toEqual(['cat a', 'cat b c']);
  });
});

describe('the working directory is followed', () => {
  it.each([
    { text: 'ls x', want: ['/srv/x'] },
    { text: 'cd /tmp && ls x', want: ['/tmp/x'] },
    { text: 'cd a && cd .. && ls x', want: ['/srv/x'] },
    { text: 'cd && ls x', want: ['/home/ada/x'] },
    { text: 'cd /tmp; ls x', want: ['/tmp/x', '/srv/x'] },
    { text: '(cd /tmp) && ls x', want: ['/srv/x'] },
    { text: 'cd "$d" && ls x', want: ['x'] },
    { text: 'cd - && ls x', want: ['x'] },
    { text: 'cd /tmp || exit; ls x', want: ['/tmp/x', '/srv/x'] },
    { text: 'if cd /tmp; then ls x; fi', want: ['/tmp/x'] },
    { text: 'while id; do cd a; done; ls x', want: ['x'] },
  ])('$text', ({ text, want }) => {
    const command = read(text).commands.findLast(({ tool }) => tool === 'ls');
    expect(command?.paths.map(({ path }) => path).sort()).toEqual([...want].sort());
  });
});

describe('redirections', () => {
  it.each([
    { text: 'ls > /tmp/x', want: ['write /tmp/x'] },
    { text: 'ls >> x', want: ['write /srv/x'] },
    { text: 'wc < /etc/passwd', want: ['read /etc/passwd'] },
    { text: 'ls <> x', want: ['read /srv/x', 'write /srv/x'] },
    { text: 'ls > /dev/null 2>&1', want: [] },
    { text: 'ls &> /etc/../etc/motd', want: ['write /etc/motd'] },
    { text: 'd=/tmp; ls > $d/x', want: ['write /tmp/x'] },
    { text: 'ls > /tmp/$y', want: ['write /tmp/*'] },
  ])('$text', ({ text, want }) => {
    expect(only(text).paths.map((p) => `${p.access} ${p.path}${p.isPrefix ? '*' : ''}`)).toEqual(want);
  });

  it('touch identity files like any tool', () => {
    expect(only('ls >> ~/.ssh/authorized_keys').effects).toContainEqual(expect.objectContaining({ kind: 'identity' }));
    expect(only('wc < /etc/shadow').effects).toContainEqual(expect.objectContaining({ kind: 'identity' }));
  });

  it('of a compound are a command without words', () => {
    const [redirect, inner] = read('{ ls; } > /tmp/x').commands;
    expect(redirect).toMatchObject({ argv: [], tool: 'shell', effects: [{ kind: 'write' }] });
    expect(inner?.argv.map(show)).toEqual(['ls']);
  });
});

describe('variables that reach programs are in the model', () => {
  it.each([
    { text: 'APP=1 ls', tool: 'ls' },
    { text: 'export APP=1', tool: 'export' },
    { text: 'env APP=1 ls', tool: 'ls' },
  ])('$text', ({ text, tool }) => {
    const command = read(text).commands.find((c) => c.tool === tool);
    expect(command?.assignments).toMatchObject([{ name: 'APP', isExported: true }]);
    expect(unknowns(read(text))).toEqual([]);
  });
});

describe('stdin', () => {
  it.each([
    { text: 'ls -l', use: 'unused' },
    { text: 'cat', use: 'data' },
    { text: 'sh', use: 'code', language: 'shell' },
    { text: 'bash -s; python3', use: 'code', language: 'unknown' },
    { text: 'sudo sh', use: 'code', language: 'shell' },
    { text: "bash -c 'python3'", use: 'code', language: 'python' },
    { text: 'echo ls | sh', use: 'unused' },
    { text: 'sh < /dev/null', use: 'unused' },
    { text: 'read x', use: 'data' },
    { text: 'while read l; do sh; done', use: 'code', language: 'shell' },
    { text: 'nobody-knows', use: 'unknown' },
    { text: '$x', use: 'unknown' },
  ])('$text: $use', ({ text, use, language }) => {
    expect(read(text)).toMatchObject({ stdin: use, stdinLanguage: language });
  });

  it('in another language is shown as code', () => {
    const { commands } = read("python3 <<'E'\nprint(1)\nE\n");
    expect(commands[0]).toMatchObject({
      stdin: 'text',
      effects: [{ kind: 'execute-code' }],
      code: [{ language: 'python', text: 'print(1)\n' }],
    });
  });
});

describe('how a command was reached', () => {
  it.each([
    { text: 'sudo ls', via: ['sudo'], runsAs: 'root', runsOn: undefined },
    { text: "ssh h 'sudo -u bob ls'", via: ['ssh', 'sudo'], runsAs: 'bob', runsOn: 'h' },
    { text: 'echo $(sudo ls)', via: ['$()', 'sudo'], runsAs: 'root', runsOn: undefined },
    { text: 'eval ls', via: ['eval'], runsAs: undefined, runsOn: undefined },
    { text: 'f() { ls; }; f', via: ['function f'], runsAs: undefined, runsOn: undefined },
  ])('$text', ({ text, ...want }) => {
    expect(read(text).commands.find(({ tool }) => tool === 'ls')).toMatchObject(want);
  });

  it('marks words that xargs adds', () => {
    expect(read('ls | xargs cat').commands.at(-1)).toMatchObject({ tool: 'cat', hasUnseenArguments: true });
  });
});

describe('canonical text', () => {
  it.each([
    { text: 'ls   -l "a b"  # x', want: "'ls' '-l' 'a b'" },
    { text: "echo 'it'\\''s'", want: "'echo' 'it'\\''s'" },
    { text: 'd=/tmp; ls $d/x "$y"', want: `d='/tmp'; 'ls' '/tmp/x' "\${y}"` },
    { text: 'ls|wc -l&&id;date&', want: "'ls' | 'wc' '-l' && 'id'; 'date' &" },
    { text: 'if ls;then id;fi>x', want: "if 'ls'; then 'id'; fi > 'x'" },
    { text: 'for i in a b;do ls $i;done', want: "for i in 'a' 'b'; do 'ls' ${i}; done" },
    { text: 'ls *.c ~bob/x', want: "'ls' *'.c' ~bob/'x'" },
    { text: 'cat <<E\na $x \\$\nE\n', want: "'cat' <<SALLYPORT\na ${x} \\$\nSALLYPORT\n" },
    { text: 'cat <<E; id\na\nE\n', want: "'cat' <<'SALLYPORT'\na\nSALLYPORT\n'id'" },
    { text: 'case $x in a|*.c) ls;; esac', want: "case \"${x}\" in ('a'|*'.c') 'ls' ;; esac" },
    { text: 'f(){ ls; }; f', want: "f() { 'ls'; }; 'f'" },
    { text: 'x="a $y" ; echo $x', want: "x='a '\"${y}\"; 'echo' ${x}" },
    { text: 'LANG=C ls 2>&1 >f', want: "LANG='C' 'ls' 2>&1 > 'f'" },
    { text: 'echo $(ls) "`id`"', want: "'echo' $( 'ls' ) \"$( 'id' )\"" },
  ])('$text', ({ text, want }) => {
    expect(read(text).canonical).toBe(want);
  });
});

describe('words that a reading depends on are printed, or there is no canonical text', () => {
  const careful = createUnderstander({
    readTool: (argv, where) => {
      const reading = readAnyTool(argv, where);
      return reading.tool === 'git' ? { ...reading, insertWords: [{ after: 0, words: ['-c', 'a=b'] }] } : reading;
    },
  });
  it.each([
    { text: 'git log', want: "'git' '-c' 'a=b' 'log'" },
    { text: 'sudo git log', want: "'sudo' 'git' '-c' 'a=b' 'log'" },
    { text: 'for i in a b; do git $i; done', want: "for i in 'a' 'b'; do 'git' '-c' 'a=b' ${i}; done" },
    {
      text: "bash -c 'cd x && git log'",
      want: "'bash' '-c' ''\\''cd'\\'' '\\''x'\\'' && '\\''git'\\'' '\\''-c'\\'' '\\''a=b'\\'' '\\''log'\\'''",
    },
    { text: 'x=git; $x log', want: "x='git'; 'git' '-c' 'a=b' 'log'" },
    { text: 'for x in git ls; do $x log; done', want: undefined },
    { text: "for i in a b; do bash -c 'git log'; done", want: undefined },
    { text: 'sh <<E\ngit log\nE\n', want: undefined },
    { text: 'echo git log | sh', want: undefined },
    { text: 'ssh h git log', want: undefined },
  ])('$text', ({ text, want }) => {
    const model = careful.understandSync(text, context);
    expect(model.canonical).toBe(want);
    expect(unknowns(model).length > 0).toBe(want === undefined);
  });
});

describe('nothing escapes', () => {
  it('turns a tool reader that throws into a command that is not understood', () => {
    const broken = createUnderstander({
      readTool: () => {
        throw new Error('x');
      },
    });
    expect(unknowns(broken.understandSync('ls', context))).toEqual(['TOOL_READER_FAILED']);
  });
});
