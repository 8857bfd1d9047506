/** Shell programs for the oracle: grown from a grammar, and cut and spliced from seeds. */
import type { Random } from '../support/random.ts';

/** Commands that exist only as a name in the log. */
export const names = ['C0', 'C1', 'C2', 'C3', 'EVIL', 'ls', 'id', 'cat', 'wc', 'date', 'grep', 'head', 'rm'] as const;

type Grow = (random: Random, depth: number) => string;

const plain = ['a', '-l', 'x.c', '/tmp/y', '1', 'a=b', '--k=v', '@', '%', '{}', ']', '-', '+x', ':', 'a,b', 'é'];
const quoted = [
  "'a b'",
  '"a b"',
  "''",
  '""',
  "'$(EVIL)'",
  '"\\$(EVIL)"',
  'a\\ b',
  "'it'\\''s'",
  '"a\'b"',
  "'a\nb'",
  '\\;',
];
const bash = [
  "$'a\\tb'",
  '{a,b}',
  '{1..3}',
  "$'\\x41'",
  '$"a"',
  '$"$(C2)"',
  "$'\\u0041'",
  '{a,$(C2)}',
  '!(a)',
  '+(a|b)',
];
const expansions = [
  '$x',
  '"$x"',
  '${x}',
  '${x:-y}',
  '"${x:-y z}"',
  '${#x}',
  '${x%.c}',
  '$1',
  '"$@"',
  '$?',
  '$HOME',
  '~/f',
  '*',
  'a?',
  '[ab]',
  '$((1+2))',
  '$((i+1))',
  '$((x))',
  '$((a[i]))',
  '${a[0]}',
  '${a[x]}',
  '${x:1:2}',
  '${x/a/$(C2)}',
  '${x^^}',
  '~+',
];
const hostile = [
  '2>&-',
  '<&-EVIL',
  '0<(EVIL)',
  'A=(1 $(EVIL))%',
  "{'/x'},y}",
  '$$(EVIL)',
  '"$$(EVIL)"',
  '`EVIL`',
  '#EVIL',
  'a#b',
  '!',
  '{',
  '}',
  '((EVIL))',
  '>&x',
  '\\\n',
  'a\\\nb',
  '=EVIL',
  '$"a"',
  '${!x}',
  '${x@P}',
  '@(a|b)',
  'x[$(EVIL)]=1',
  '<<<x',
  '&>f',
  '|&',
  'time',
  'coproc',
];

const word: Grow = (r, depth) => {
  const at = r.below(100);
  if (at < 35) return r.pick(plain);
  if (at < 55) return r.pick(quoted);
  if (at < 60) return r.pick(bash);
  if (at < 75) return r.pick(expansions);
  if (at < 80) return r.pick(plain) + r.pick([...quoted, ...expansions]);
  if (at < 83) return r.pick(hostile);
  if (depth <= 0) return r.pick(plain);
  if (at < 90) return `$(${list(r, depth - 1)})`;
  if (at < 94) return `"$(${list(r, depth - 1)})"`;
  if (at < 96) return `\`${command(r, 0)}\``;
  if (at < 98) return `<(${list(r, depth - 1)})`;
  return `"a $(${command(r, depth - 1)}) b"`;
};

const redirect: Grow = (r, depth) =>
  r.pick([
    () => `> ${word(r, 0)}`,
    () => '>/tmp/o',
    () => '2>&1',
    () => '2>/dev/null',
    () => `< ${word(r, depth - 1)}`,
    () => '>>f',
    () => '<&-',
    () => '&>f',
    () => '<<< "a b"',
    () => '3>&1',
    () => '>|f',
  ])();

const simple: Grow = (r, depth) => {
  const parts: string[] = [];
  if (r.below(12) === 0) parts.push(`${r.pick(['x', 'i', 'LANG', 'y'])}=${r.below(3) === 0 ? '' : word(r, depth - 1)}`);
  if (r.below(15) === 0) parts.push(redirect(r, depth));
  parts.push(r.below(25) === 0 ? word(r, depth) : r.pick([...names, 'echo', 'test', 'C0', 'C1']));
  for (let n = r.below(4); n > 0; n--) parts.push(word(r, depth));
  if (r.below(8) === 0) parts.push(redirect(r, depth));
  return parts.join(r.below(20) === 0 ? '  ' : ' ');
};

const assignment: Grow = (r, depth) =>
  `${r.pick(['x', 'y', 'i', 'f'])}${r.below(9) === 0 ? '+=' : '='}${word(r, depth - 1)}`;

const builtin: Grow = (r, depth) =>
  r.pick([
    () => 'cd /w',
    () => 'cd a',
    () => `export LANG=${word(r, 0)}`,
    () => `eval ${r.pick(["'C0 a; C1 $x'", "'x=b'", '"C2 $x"'])}`,
    () => `command ${simple(r, depth - 1)}`,
    () => `exec ${r.pick(names)}`,
    () => `set -- ${word(r, 0)} ${word(r, 0)}`,
    () => 'shift',
    () => 'read x',
    () => 'unset x',
    () => ':',
    () => 'break',
    () => 'continue',
    () => 'return',
    () => 'exit',
    () => `local x=${word(r, 0)}`,
    () => 'printf -v x %s y',
    () => `printf ${r.pick(["'%n'", "'a%n'", "'a%%n'", "'%s%n' b", '"$x"'])} ${r.pick(['x', 'y', 'PATH', '$x'])}`,
    () => 'i=$((i+1))',
    () => '((i++))',
    () => `${r.pick(['declare -n', 'declare -i', 'declare -u', 'typeset', 'readonly', 'declare -x'])} y=${word(r, 0)}`,
    () => `let ${r.pick(['i=1', '"i=x"', "'a[$(EVIL)]'"])}`,
    () => `${r.pick(['test', '[ ', '[[ '])} -v ${r.pick(['x', "'a[$(EVIL)]'", '"$x"'])}${r.pick(['', ' ]', ' ]]'])}`,
    () => `trap ${r.pick(["'EVIL'", '"C0 $x"', '-', "''"])} ${r.pick(['EXIT', 'DEBUG', 'ERR', 'INT'])}`,
    () => `alias ${r.pick(["C0='EVIL'", "x='C1 '", '-p'])}`,
    () => `set ${r.pick(['-f', '-e', '-u', '+e', '-o noglob', '-o posix', '-a', '-k', '-- a'])}`,
    () => `shopt -s ${r.pick(['extglob', 'nullglob', 'expand_aliases', 'dotglob', 'lastpipe'])}`,
    () => `exec ${r.pick(['3>/tmp/o', '</dev/null', '2>&1', '3<&0', '{fd}>/tmp/o', '3>&-'])}`,
    () => `CDPATH=${r.pick(['/', '/w', ''])}; cd ${r.pick(['w', 'a', '..', '-', '""', '/'])}`,
    () => `IFS=${r.pick([',', "''", '$x', '/'])}; C0 $x`,
    () => `unset ${r.pick(['-f f', '-v x', 'f', 'C0', 'x y'])}`,
    () => `mapfile ${r.pick(['x', '-t x', "-C 'EVIL' -c 1 x"])} <<< a`,
    () => `getopts a${r.pick(['', 'b'])} x`,
    () => `wait ${r.pick(['', '-n', "-p 'a[$(EVIL)]'"])}`,
    () => `hash ${r.pick(['-p /bin/x C0', '-r'])}`,
    () => `${r.pick(['builtin', 'command -p', 'exec -a x'])} ${r.pick(names)} ${word(r, 0)}`,
    () => `y=x; C0 ${r.pick(['${!y}', '"${!y}"', '${x@Q}', '${x@P}', '${!x*}', '${y:=$(C1)}'])}`,
  ])();

const command: Grow = (r, depth) => {
  const at = r.below(100);
  if (depth <= 0 || at < 45) return simple(r, depth);
  if (at < 52) return assignment(r, depth);
  if (at < 60) return builtin(r, depth);
  if (at < 64) return `( ${list(r, depth - 1)} )${r.below(6) === 0 ? ` ${redirect(r, 0)}` : ''}`;
  if (at < 68) return `{ ${list(r, depth - 1)}; }${r.below(4) === 0 ? ` ${redirect(r, 0)}` : ''}`;
  if (at < 73)
    return `if ${list(r, depth - 1)}; then ${list(r, depth - 1)}; ${r.below(2) === 0 ? `else ${list(r, depth - 1)}; ` : ''}fi`;
  if (at < 76) return `while ${list(r, depth - 1)}; do ${list(r, depth - 1)}; ${r.below(3) > 0 ? 'break; ' : ''}done`;
  if (at < 82)
    return `for ${r.pick(['x', 'i'])} in ${word(r, depth - 1)} ${word(r, 0)}; do ${list(r, depth - 1)}; done`;
  if (at < 86)
    return `case ${word(r, 0)} in a|${r.pick(['*', 'x*', "'b c'"])}) ${list(r, depth - 1)};; *) ${list(r, depth - 1)};; esac`;
  if (at < 89) return `${r.pick(['f', 'g', 'C0'])}() { ${list(r, depth - 1)}; }`;
  if (at < 91) return `${r.pick(['f', 'g'])} ${word(r, 0)}`;
  if (at < 92) {
    return r.pick([
      () => `until ${list(r, depth - 1)}; do ${list(r, depth - 1)}; break; done`,
      () => `select x in ${word(r, 0)}; do ${list(r, depth - 1)}; break; done <<< 1`,
      () => `coproc ${r.pick(['', 'N '])}{ ${list(r, depth - 1)}; }`,
      () => `time ${r.pick(['', '-p ', '-- '])}${simple(r, depth - 1)}`,
      () => `for x do ${list(r, depth - 1)}; done`,
      () => `for ((i=0; i<2; i++)); do ${list(r, depth - 1)}; done`,
      () => `case ${word(r, 0)} in @(a|b)) ${list(r, depth - 1)};& *) ${list(r, depth - 1)};;& esac`,
      () => `function f { ${list(r, depth - 1)}; }`,
      () => `{${r.pick(['C0,a', 'C0,$x', 'EVIL,'])}} ${word(r, 0)}`,
      () => `${simple(r, 0)} |& ${simple(r, 0)}`,
    ])();
  }
  if (at < 94) return `[[ ${word(r, 0)} == ${word(r, 0)} ]]`;
  if (at < 98) {
    const mark = r.pick(['E', "'E'", '"E"', '\\E', '-E', "E''"]);
    return `${simple(r, 0)} <<${mark}\n${r.pick(['a', '$x', '$(EVIL)', '\\$(EVIL)', '`EVIL`', "it's"])}\nE\n`;
  }
  return `${simple(r, 0)} # ${simple(r, 0)}\n`;
};

const pipeline: Grow = (r, depth) => {
  let text = r.below(15) === 0 ? '! ' : '';
  text += command(r, depth);
  while (r.below(6) === 0) text += `${r.pick([' | ', '|', ' |\n'])}${command(r, depth - 1)}`;
  return text;
};

const list: Grow = (r, depth) => {
  let text = pipeline(r, depth);
  for (let n = r.below(3); n > 0; n--) {
    text += text.endsWith('\n') ? '' : r.pick([' && ', ' || ', '; ', '\n', ';', '&&', ' & ']);
    text += pipeline(r, depth);
  }
  return text;
};

export const grow = (random: Random): string => list(random, 1 + random.below(3));

const splinters = [
  ...hostile,
  ...[
    ' ',
    '\n',
    ';',
    '&',
    '|',
    '&&',
    '||',
    '(',
    ')',
    '{',
    '}',
    '"',
    "'",
    '`',
    '\\',
    '$',
    '$(',
    '${',
    '$((',
    '))',
    '((',
    '<',
    '>',
    '<<',
    '<<E',
    '\nE\n',
    '<(',
    '>(',
    '=',
    '~',
    '#',
    '*',
    '[',
    ']',
    '!',
    '[[',
    ']]',
    'if ',
    'then ',
    'fi',
    'do ',
    'done',
    'case ',
    'esac',
    'in ',
    'for ',
    ';;',
    'EVIL',
    ' EVIL ',
    ';EVIL;',
    '\t',
    '&>',
    '>&',
    '<&',
    '>&-',
    '1',
    '-',
    ':',
    ':-',
    '@',
    ',',
  ],
];

const cut = (text: string): string[] => text.match(/[A-Za-z0-9_./-]+|\s+|[^A-Za-z0-9_./\s-]/gu) ?? [];

/** A seed with one to four tokens removed, doubled, moved, replaced, or spliced with another seed. */
export function mutate(random: Random, seeds: readonly string[]): string {
  let tokens = cut(random.pick(seeds));
  for (let n = 1 + random.below(4); n > 0; n--) {
    const at = random.below(tokens.length + 1);
    switch (random.below(6)) {
      case 0:
        tokens.splice(at, 1);
        break;
      case 1:
        tokens.splice(at, 0, tokens[random.below(tokens.length)] ?? '');
        break;
      case 2: {
        const other = cut(random.pick(seeds));
        const from = random.below(other.length);
        tokens = [...tokens.slice(0, at), ...other.slice(from, from + 1 + random.below(8)), ...tokens.slice(at)];
        break;
      }
      default:
        tokens.splice(at, random.below(2), random.pick(splinters));
    }
  }
  return tokens.join('').slice(0, 1500);
}
