import { describe, expect, it } from 'vitest';
import type { CommandModel, Dialect } from '../../src/command/model.ts';
import { createUnderstander } from '../../src/command/understand.ts';
import { readAnyTool } from '../support/tool-readings.ts';

const understander = createUnderstander({ readTool: readAnyTool });
const read = (text: string, dialect: Dialect = 'bash'): CommandModel =>
  understander.understandSync(text, { dialect, workingDirectory: '/srv', homeDirectory: '/home/ada' });
const codes = (model: CommandModel): readonly string[] =>
  [...model.unknowns, ...model.commands.flatMap((command) => command.unknowns)].map(({ code }) => code);

describe('a text that shells read differently is not understood', () => {
  it.each([
    { name: 'NUL', text: 'ls\0rm', code: 'TEXT_CHARACTERS' },
    { name: 'carriage return', text: 'ls\rrm', code: 'TEXT_CHARACTERS' },
    { name: 'escape character', text: 'echo \x1b[2K', code: 'TEXT_CHARACTERS' },
    { name: 'right-to-left override', text: 'echo \u202efdp', code: 'TEXT_CHARACTERS' },
    { name: 'zero-width space', text: 'l\u200bs', code: 'TEXT_CHARACTERS' },
    { name: 'no-break space', text: 'ls\u00a0-l', code: 'TEXT_CHARACTERS' },
    { name: 'line separator', text: 'ls\u2028rm', code: 'TEXT_CHARACTERS' },
    { name: 'byte order mark', text: '\ufeffls', code: 'TEXT_CHARACTERS' },
    { name: 'tag characters', text: 'ls \u{e0041}', code: 'TEXT_CHARACTERS' },
    { name: 'lone surrogate', text: 'ls \ud800', code: 'TEXT_CHARACTERS' },
    { name: 'variation selector', text: 'ls a\ufe0f', code: 'TEXT_CHARACTERS' },
    { name: 'C1 control', text: 'ls \u009b2K', code: 'TEXT_CHARACTERS' },
    { name: 'text that begins like an option', text: '-c ls', code: 'SHELL_SYNTAX' },
    { name: 'unterminated quote', text: 'echo "a', code: 'SHELL_SYNTAX' },
    { name: 'error inside a substitution', text: 'echo $(if)', code: 'SHELL_SYNTAX' },
    { name: 'heredoc without its end', text: 'cat <<E\nhi', code: 'SHELL_HEREDOC' },
    { name: 'odd heredoc end mark', text: 'cat <<"E F"\nhi\nE F\n', code: 'SHELL_HEREDOC' },
    { name: 'backslash at the end', text: 'ls \\', code: 'SHELL_SYNTAX' },
    { name: 'closed descriptor glued to a command', text: '2>&-EVIL x', code: 'SHELL_GLUED_REDIRECT' },
    { name: 'the same for input', text: '<&-EVIL', code: 'SHELL_GLUED_REDIRECT' },
    { name: 'number between two redirections', text: 'ls > 2>b', code: 'SHELL_REDIRECT_NUMBER' },
    { name: 'the same behind a line that goes on', text: 'ls a>  2> \\\n  b; id', code: 'SHELL_REDIRECT_NUMBER' },
    { name: 'the same as a heredoc end mark', text: 'cat <<2>f\nx\n2\n', code: 'SHELL_REDIRECT_NUMBER' },
    { name: 'duplicate of a word', text: 'ls 2>&x', code: 'SHELL_GLUED_REDIRECT' },
    { name: 'substitution glued to a digit', text: 'cat 0<(EVIL)', code: 'WORD_CHARACTERS' },
    { name: 'the same for output', text: 'cat 1>(EVIL)', code: 'WORD_CHARACTERS' },
    { name: 'process substitution inside a word', text: 'echo a<(x)b', code: 'SHELL_SYNTAX' },
    { name: 'array that is none', text: 'A=(1 $(EVIL))%', code: 'WORD_CHARACTERS' },
    { name: 'the same behind declare', text: 'declare A=(1 $(EVIL))z', code: 'WORD_CHARACTERS' },
    { name: 'heredoc in a double parenthesis', text: '((C0<<E\nEVIL\nE\nC1);(C2))', code: 'SHELL_DOUBLE_PARENTHESIS' },
    { name: 'brace expansion the parser misses', text: "cat {'/x'},/etc/shadow}", code: 'WORD_BRACES' },
    { name: 'braces that go on with a name', text: 'EVIL $x{a,b}', code: 'WORD_BRACES' },
    { name: 'the same with numbers', text: 'cat $x{1..3}', code: 'WORD_BRACES' },
    { name: 'braces that go on with an account', text: 'cat ~{root,x}/y', code: 'WORD_BRACES' },
    { name: 'line continuation in $-quotes', text: "echo $'a\\\nb'", code: 'WORD_ANSI_QUOTES' },
    { name: 'line continuation inside a word', text: 'EV\\\nIL', code: 'WORD_CHARACTERS' },
    { name: 'line continuation in double quotes', text: 'echo "$\\\n(EVIL)"', code: 'WORD_SUBSTITUTION' },
    { name: 'line continuation in backticks', text: "echo `echo 'a\\\nb'`", code: 'WORD_BACKTICKS' },
    { name: 'escaped backticks', text: 'echo `echo \\`EVIL\\``', code: 'WORD_BACKTICKS' },
    { name: 'tilde after =', text: 'cp X=~/b c', code: 'WORD_TILDE' },
    { name: 'the same behind :', text: 'cp X=a:~/b c', code: 'WORD_TILDE' },
    { name: 'the same behind a subscript', text: 'cp a[-1]=~/b c', code: 'WORD_TILDE' },
    { name: 'the same in quotes', text: 'cp "X"=~/b c', code: 'WORD_TILDE' },
    { name: 'tilde in an assignment', text: 'X=a:~/b', code: 'WORD_TILDE' },
    { name: 'sourced stdin', text: 'cat x | source /dev/stdin', code: 'SHELL_BUILTIN' },
    { name: 'command behind a sourced file', text: '. ./env.sh; ls', code: 'FUNCTION_UNCERTAIN' },
    { name: 'negation after a redirection', text: 'echo $(>>f ! EVIL)', code: 'SHELL_RESERVED_NAME' },
    { name: 'keyword after an assignment', text: 'a=1 time EVIL', code: 'SHELL_RESERVED_NAME' },
    { name: 'heredoc in a substitution', text: 'echo $(cat <<E\nx\nE\n)', code: 'SHELL_HEREDOC' },
    { name: 'comment in a substitution', text: 'echo $(ls # )\n)', code: 'SHELL_SYNTAX' },
    { name: 'array in a substitution', text: 'echo $(a=(\\<x); ls)', code: 'SHELL_ARRAY' },
    { name: 'process number before a parenthesis', text: 'echo "$$(EVIL)"', code: 'WORD_PARAMETER' },
    { name: 'descriptor in a variable', text: 'ls {fd}>x', code: 'SHELL_DESCRIPTOR' },
    { name: 'assignment with a subscript', text: 'a[$(EVIL)]=1', code: 'SHELL_ASSIGNMENT' },
    { name: 'array element with a key', text: 'a=([$(EVIL)]=1)', code: 'SHELL_ARRAY' },
    { name: 'arithmetic on a variable nobody knows', text: 'echo $((x))', code: 'ARITHMETIC_EVALUATES' },
    { name: 'arithmetic on text', text: "x='a[$(EVIL)]'; echo $((x))", code: 'ARITHMETIC_EVALUATES' },
    { name: 'arithmetic with a subscript', text: 'echo $((a[0]))', code: 'ARITHMETIC' },
    { name: 'arithmetic on a substitution', text: 'echo $(( $(EVIL) ))', code: 'ARITHMETIC_EVALUATES' },
    { name: 'arithmetic command', text: '((x))', code: 'ARITHMETIC_EVALUATES' },
    { name: 'indirect parameter', text: 'echo ${!x}', code: 'WORD_PARAMETER' },
    { name: 'parameter as a prompt', text: 'echo ${x@P}', code: 'WORD_PARAMETER' },
    { name: 'parameter with a subscript', text: 'echo ${a[$(EVIL)]}', code: 'WORD_PARAMETER' },
    { name: 'function substitution', text: 'echo ${ EVIL; }', code: 'WORD_SUBSTITUTION' },
    { name: 'locale quotes', text: 'echo $"hi"', code: 'WORD_KIND' },
    { name: 'extended glob', text: 'ls @(a|b)', code: 'WORD_KIND' },
    { name: 'test of a subscript', text: "test -v 'a[$(EVIL)]'", code: 'SHELL_EVALUATES' },
    { name: 'test of a subscript in [[', text: "[[ -v 'a[$(EVIL)]' ]]", code: 'SHELL_TEST' },
    { name: 'a subscript where a command begins', text: 'execute[ls /srv | EVIL]', code: 'COMMAND_NAME_DYNAMIC' },
    { name: 'substitution in brackets inside [[', text: '[[ -f ax[$(EVIL)]=1 ]]', code: 'WORD_GLOB' },
    { name: 'substitution in brackets in a here-string', text: 'cat <<<xx[$(EVIL)]=1', code: 'WORD_GLOB' },
    { name: 'substitution in brackets that are assigned', text: 'x=a[$(EVIL)]', code: 'WORD_GLOB' },
    { name: 'subshell that may be arithmetic', text: 'echo $((ls) >f)', code: 'WORD_SUBSTITUTION' },
    { name: 'negation of nothing', text: 'ls; !', code: 'SHELL_SYNTAX' },
    { name: 'redirection to a value that splits', text: 'x="a b"; ls > $x', code: 'REDIRECT_AMBIGUOUS' },
    { name: 'numeric test of text', text: '[[ $x -eq 1 ]]', code: 'SHELL_EVALUATES' },
    { name: 'printf into a subscript', text: "printf -v 'a[$(EVIL)]' x", code: 'SHELL_EVALUATES' },
    { name: 'read into a subscript', text: "read 'a[$(EVIL)]'", code: 'SHELL_ASSIGNMENT' },
    { name: 'unset of a subscript', text: "unset 'a[$(EVIL)]'", code: 'SHELL_ASSIGNMENT' },
    { name: 'export of a subscript', text: "export 'a[$(EVIL)]=1'", code: 'SHELL_ASSIGNMENT' },
    { name: 'let', text: "let 'a[$(EVIL)]'", code: 'SHELL_BUILTIN' },
    { name: 'source', text: '. x', code: 'SHELL_BUILTIN' },
    { name: 'trap', text: 'trap EVIL EXIT', code: 'SHELL_BUILTIN' },
    { name: 'alias', text: 'alias ls=EVIL; ls', code: 'SHELL_BUILTIN' },
    { name: 'jobs -x', text: 'jobs -x EVIL', code: 'SHELL_BUILTIN' },
    { name: 'hash', text: 'hash -p /tmp/x ls', code: 'SHELL_BUILTIN' },
    { name: 'enable', text: 'enable -f x.so ls', code: 'SHELL_BUILTIN' },
    { name: 'set -k', text: 'set -k', code: 'SHELL_BUILTIN' },
    { name: 'shopt', text: 'shopt -s expand_aliases', code: 'SHELL_BUILTIN' },
    { name: 'mapfile', text: 'mapfile -C EVIL', code: 'SHELL_BUILTIN' },
    { name: 'coproc', text: 'coproc EVIL', code: 'SHELL_KIND' },
    { name: 'select', text: 'select x in a; do ls; done', code: 'SHELL_KIND' },
    { name: 'PATH before a command', text: 'PATH=/tmp ls', code: 'ENVIRONMENT_UNKNOWN' },
    { name: 'PATH for the rest', text: 'PATH=/tmp; ls', code: 'ENVIRONMENT_UNKNOWN' },
    { name: 'preloaded library', text: 'LD_PRELOAD=/tmp/x.so ls', code: 'ENVIRONMENT_UNKNOWN' },
    { name: 'IFS', text: 'IFS=x; ls', code: 'ENVIRONMENT_UNKNOWN' },
    { name: 'exported pager', text: 'export GIT_PAGER=EVIL', code: 'ENVIRONMENT_UNKNOWN' },
    { name: 'environment by env', text: 'env BASH_ENV=x ls', code: 'ENVIRONMENT_UNKNOWN' },
    { name: 'a name that looks like a search path', text: 'FOO_PATH=/tmp ls', code: 'ENVIRONMENT_UNKNOWN' },
    { name: 'read into PATH', text: 'read PATH', code: 'SHELL_ASSIGNMENT' },
    { name: 'command that is not known', text: '$x -l', code: 'COMMAND_NAME_DYNAMIC' },
    { name: 'command by a glob', text: '/bin/l?', code: 'COMMAND_NAME_DYNAMIC' },
    { name: 'text built for eval', text: 'eval "$x"', code: 'SHELL_BUILTIN' },
    { name: 'text built for sh -c', text: 'sh -c "$x"', code: 'NESTED_TEXT_DYNAMIC' },
    { name: 'shell reading a pipe', text: 'cat x | sh', code: 'STDIN_CODE_UNSEEN' },
    { name: 'shell reading a file', text: 'sh < x', code: 'STDIN_CODE_UNSEEN' },
    { name: 'network redirection', text: 'echo x > /dev/tcp/1.2.3.4/80', code: 'REDIRECT_NETWORK' },
    { name: 'function that may exist', text: 'true && ls() { EVIL; }; ls', code: 'FUNCTION_UNCERTAIN' },
    {
      name: 'function defined later in a loop',
      text: 'for i in 1 2; do ls; ls() { EVIL; }; done',
      code: 'FUNCTION_UNCERTAIN',
    },
    {
      name: 'function defined by eval in a loop',
      text: "for i in 1 2; do ls; eval 'ls() { EVIL; }'; done",
      code: 'FUNCTION_UNCERTAIN',
    },
    {
      name: 'function defined by a call in a loop',
      text: 'f() { ls() { EVIL; }; }; for i in 1 2; do ls; f; done',
      code: 'FUNCTION_UNCERTAIN',
    },
    { name: 'function that unset may remove', text: 'ls() { id; }; unset ls; ls', code: 'FUNCTION_UNCERTAIN' },
    { name: 'function with the name of a builtin', text: 'export() { id; }; export PATH=x', code: 'SHELL_FUNCTION' },
    {
      name: 'rest of a text that was read in part',
      text: 'printf "echo \'a\\nEVIL\\n\'" | { read x; sh; }',
      code: 'STDIN_CODE_UNSEEN',
    },
    { name: 'the same from a heredoc', text: "{ read x; sh; } <<E\necho 'a\nEVIL\n'\nE\n", code: 'STDIN_CODE_UNSEEN' },
    { name: 'the same in a function', text: "f() { read x; sh; }; f <<< 'ls'", code: 'STDIN_CODE_UNSEEN' },
    { name: 'the same in sh -c', text: "sh -c 'read x; sh' <<< 'ls'", code: 'STDIN_CODE_UNSEEN' },
    { name: 'the same by a substitution', text: 'echo ls | sh -s $(read x)', code: 'STDIN_CODE_UNSEEN' },
    { name: 'stdin changed by command exec', text: 'command exec <x; sh', code: 'SHELL_EXEC_REDIRECT' },
    { name: 'PATH by a loop', text: 'for PATH in /tmp; do ls; done', code: 'ENVIRONMENT_UNKNOWN' },
    { name: 'PATH by arithmetic', text: '((PATH=1)); ls', code: 'ENVIRONMENT_UNKNOWN' },
    { name: 'IFS by a default', text: 'echo ${IFS:=x}; ls', code: 'ENVIRONMENT_UNKNOWN' },
    { name: 'recursion', text: 'f() { f; }; f', code: 'FUNCTION_RECURSION' },
    { name: 'a command of which nothing is left', text: 'x=; $x; ls', code: 'CANONICAL_IMPOSSIBLE' },
    { name: 'the same in a condition', text: 'x=; if $x; then ls; fi', code: 'CANONICAL_IMPOSSIBLE' },
    { name: 'stdin changed for the rest', text: 'exec <x; sh', code: 'SHELL_EXEC_REDIRECT' },
  ])('$name', ({ text, code }) => {
    const model = read(text);
    expect(codes(model)).toContain(code);
    // Whoever reads it sees the text's own odd characters marked, so ours are plain.
    for (const { reason } of model.unknowns) expect(reason.replaceAll(text, '')).toMatch(/^[\x20-\x7e]*$/);
    expect(model.canonical).toBeUndefined();
  });
});

describe('what no shell takes for more than words is understood on all that are known', () => {
  it.each([
    '[[ -f x ]]',
    '[[ ! -d "$HOME/a;b" ]]',
    '[[ $x == *.c ]]',
    '[[ ${a} -nt b ]]',
    'for i in {1..3}; do ls; done',
  ])('%s', (text) => {
    for (const dialect of ['bash', 'posix', 'busybox'] as const) expect(codes(read(text, dialect))).toEqual([]);
    expect(codes(read(text, 'unknown'))).not.toEqual([]);
  });
});

describe('bash syntax is not understood on other shells', () => {
  it.each([
    "echo $'a'",
    'echo {a,b}',
    'diff <(a) b',
    'cat <<< x',
    'ls &> f',
    'ls |& cat',
    '((1))',
    '[[ -f x && -f y ]]',
    '[[ a > b ]]',
    '[[ a < b ]]',
    '[[ a =~ b.c ]]',
    "[[ 'a' == b ]]",
    '[[ -f $(ls) ]]',
    'for i in {a..c}; do ls; done',
    'ls x{1..3}',
    'function f { ls; }',
    'a=(1)',
    'case x in a) ls ;& esac',
    'x=1; echo ${x/a/b}',
    'x=1; echo ${x:1}',
    'time ls',
    'ls >&f',
    'ls 10>f',
    'a=1; a+=2',
    'for ((i=0;i<3;i++)); do ls; done',
  ])('%s', (text) => {
    expect(codes(read(text, 'bash'))).toEqual([]);
    expect(codes(read(text, 'posix'))).toContain('DIALECT_BASH_ONLY');
    expect(codes(read(text, 'busybox'))).toContain('DIALECT_BASH_ONLY');
    expect(codes(read(text, 'unknown'))).not.toEqual([]);
  });
});

describe('on a shell that was not recorded only what all shells read alike is understood', () => {
  it.each(['ls -l /tmp', "ls 'a b' | wc -l", 'ls && id; date > /tmp/x', 'grep -e x < /tmp/y || id'])('%s', (text) => {
    expect(codes(read(text, 'unknown'))).toEqual([]);
  });
  it.each([
    'echo $x',
    'ls *',
    'ls &',
    'if ls; then id; fi',
    'ls 2>&1',
    "echo 'a!'",
    "echo 'a\\b'",
    'ls =x',
    'a=1',
    'ls # x',
    'cat <<E\nE\n',
    '! ls',
    "echo 'a\nb'",
    '(ls)',
  ])('not: %s', (text) => {
    expect(codes(read(text, 'unknown'))).toContain('DIALECT_UNKNOWN_SHELL');
  });
});

describe('sizes', () => {
  it.each([
    { name: '16 KiB is decided', text: `echo ${'a'.repeat(16 * 1024 - 5)}`, want: [] },
    { name: 'more is not', text: `echo ${'a'.repeat(16 * 1024)}`, want: ['TEXT_TOO_LONG_TO_DECIDE'] },
    { name: 'bytes count, not characters', text: `echo ${'ä'.repeat(9 * 1024)}`, want: ['TEXT_TOO_LONG_TO_DECIDE'] },
    { name: 'over 64 KiB is not read', text: `echo ${'a'.repeat(64 * 1024)}`, want: ['TEXT_TOO_LONG'] },
    { name: '1 MB is not read', text: '$('.repeat(500_000), want: ['TEXT_TOO_LONG'] },
    {
      name: 'nested loops end',
      text: `${'for i in a b c; do '.repeat(20)}ls${'; done'.repeat(20)}`,
      want: ['TEXT_TOO_COMPLEX'],
    },
    { name: 'values that double end', text: `x=aaaaaaaa;${'x=$x$x;'.repeat(100)}ls`, want: [] },
    { name: 'braces that multiply end', text: `echo ${'{a,b}'.repeat(25)}; echo {1..64}{1..64}`, want: [] },
    { name: 'many patterns end', text: `ls${' *a'.repeat(300)}`, want: ['TEXT_TOO_COMPLEX'] },
    { name: 'many redirections end', text: `ls${' >a'.repeat(100)}`, want: ['TEXT_TOO_COMPLEX'] },
    { name: 'deep nesting is not read', text: '('.repeat(200), want: ['TEXT_TOO_DEEP'] },
  ])('$name', ({ text, want }) => {
    expect(codes(read(text))).toEqual(want);
  });
});
