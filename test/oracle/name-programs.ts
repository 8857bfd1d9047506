/** Programs that look for names below `src` and hand them on, in every way people write it, and in some that nobody should. */
import type { Random } from '../support/random.ts';

type Make = (random: Random) => string;

const pick =
  (...items: readonly string[]): Make =>
  (random) =>
    random.pick(items);
const often =
  (percent: number, make: Make): Make =>
  (random) =>
    random.below(100) < percent ? ` ${make(random)}` : '';

const start = pick(
  'src',
  'src',
  './src',
  'src/',
  '"src"',
  '-L src',
  '-H src',
  'src/*',
  'src/d*',
  'src/*/',
  './s*',
  'src/.*',
  'src src',
);
const test = pick(
  "-name '*.c'",
  '-type f',
  "-iname '*.C' -type f",
  "-path 'src/*'",
  "! -name '*.h'",
  "-name '*.c' -o -name '*.md'",
  '-depth',
  "\\( -name '*.c' -o -name '*.md' \\)",
  '-maxdepth 1',
  '-mindepth 1 -type f',
  "-regex '.*\\.c'",
  '-newer src/a.c',
  '-print',
  "-name '*.c' -print",
  "-name d -prune -o -name '*.c' -print",
  "-regextype posix-extended -regex '.*[.](c|md)'",
  '-xdev',
  '',
  '-name \\( -o -name \\)',
  "-name ')' -o -type f",
  '-true',
  '-false -o -type f',
  '-quit',
  '-follow',
  ', -type f',
  '-size -9k',
);
const find: Make = (random) => `find ${start(random)} ${test(random)}${often(25, test)(random)}`;
const search: Make = (random) =>
  `grep ${pick('-rl', '-Rl', '-rL', '-rli', '-rlE', '-rl -e', '-rlv', '-lr', '-rlz', '-rlH', '-rlh', '-ro')(random)} ${pick('o', 'k', '.')(random)} ${pick('src', './src', 'src/', 'src/d src', 'src/*', '-- src')(random)}`;
const filter = pick(
  'sort',
  'sort -u',
  'sort -rn',
  'head -30',
  'tail -n 20',
  'grep -v zzz',
  "grep -iE 'c|d'",
  'uniq',
  'sort -z',
  'grep -zv q',
  'egrep c',
  'tac',
  "sed 's/x/x/'",
  "awk '{print $1}'",
  "tr '\\n' '\\0'",
  'cut -c1-',
  'tail -n +2',
  'head -c 200',
  'xargs -n1',
  'cat',
);
const filters: Make = (random) =>
  `${often(45, (r) => `| ${filter(r)}`)(random)}${often(15, (r) => `| ${filter(r)}`)(random)}`;
const reader = pick(
  'cat',
  'cat',
  'cat',
  'head -2',
  'grep -h .',
  'grep -h -e .',
  'tail -n 3',
  'wc -l',
  'sort',
  'awk 1',
  'sed -n p',
  'ls -l',
  'less',
  'more',
  'nl',
  'tac',
  'paste',
  'uniq',
  'diff',
  'fold',
  'zcat -f',
  'echo',
  'stat',
  'grep -rh .',
  'cat --',
  'sort --',
  'zgrep .',
);
const xargs: Make = (random) => {
  const options = pick(
    '',
    '',
    '-0',
    '-r',
    '-n 1',
    '-n2',
    '-I{}',
    '-I %',
    "-d '\\n'",
    '-L1',
    '-0 -n1',
    '-0r',
    "-d '\\0'",
    '-t',
    '-i',
    '-0 -I{}',
    '-rn1',
    '-x',
    "-rd '\\n'",
    '-E x',
  )(random);
  const mark = options.includes('%') ? '%' : /I|i/.test(options) ? '{}' : '';
  return `| xargs ${options} ${reader(random)} ${mark}${mark === '' ? '' : pick('', '', '', '.bak', '/../x')(random)}`;
};
const use = pick(
  '"$f"',
  '$f',
  '"$f"',
  '$f',
  '"${f}"',
  '${f}',
  '"$f"/x',
  '$f/../x',
  '${f%.c}.md',
  '"${f##*/}"',
  '$(dirname $f)/a.c',
  './"$f"',
  '-- $f',
  '$f$f',
);
const body: Make = (random) => {
  const [read, it, other] = [reader(random), use(random), use(random)];
  return random.pick([
    `${read} ${it}`,
    `${read} ${it}`,
    `[ -f ${it} ] && ${read} ${other}`,
    `echo ${it}; cat ${other}`,
    `g=$f; cat "$g"`,
    'for g in $f; do cat $g; done',
    'case $f in *.c) cat $f;; esac',
    `if test -s ${it}; then head $f; fi`,
    `find ${it} -type f -exec cat {} +`,
    'set -- $f; cat $1',
    `cat < ${it}`,
    `ls ${it} | xargs cat`,
    'cd src; cat $f',
    `cat ${it} | head -1`,
  ]);
};
const shell = pick(
  `sh -c 'cat "$1"' _ {}`,
  `sh -c 'cat $1' _ {}`,
  `sh -c 'cat "$@"' _ {}`,
  `sh -c 'for g; do cat "$g"; done' _ {}`,
  `sh -c 'for g in $@; do cat "$g"; done' _ {}`,
  `sh -c 'cat "{}"'`,
  `sh -c 'cat {}'`,
  `sh -c 'cat "$0"' {}`,
  `bash -c 'head -1 "$1"; wc -l "$1"' _ {}`,
  `sh -c 'f=$1; cat "$f"' _ {}`,
);
const exec: Make = (random) => {
  const [read, text] = [reader(random), shell(random)];
  return random.pick([
    `-exec ${read} {} +`,
    `-exec ${read} {} \\;`,
    `-exec ${text} \\;`,
    `-exec ${text} +`,
    `-execdir ${read} {} \\;`,
    `-exec ${read} {} {} \\;`,
  ]);
};
const line = pick('read f', 'read -r f', 'IFS= read -r f', "IFS= read -r -d '' f");
const before = pick('', '', '', '', 'shopt -s nullglob; ', 'set -f; ', 'cd src && cd ..; ', 'set -e; ');

const shapes: readonly Make[] = [
  (r) => `${find(r)}${often(30, pick('-print0'))(r)}${filters(r)} ${xargs(r)}`,
  (r) => `${search(r)}${often(20, (s) => `| ${filter(s)}`)(r)} ${xargs(r)}`,
  (r) =>
    `${reader(r)}${often(20, pick('-n', '--', '-e x', 'src/a.c'))(r)} $(${find(r)}${filters(r)})${often(15, pick('src/a.c', '-n', '| head', '2>&1'))(r)}`,
  (r) => `for f in $(${find(r)}${filters(r)}); do ${body(r)}; done`,
  (r) =>
    `for f in ${pick('src/*', 'src/*.c', 'src/* src/d/*', 'src/*/*', 'src/{a,b}*', 'src/[ab]*', 'src/?.c', 'src/[!a]*/*')(r)}; do ${body(r)}; done`,
  (r) => `${find(r)} ${exec(r)}`,
  (r) => `${find(r)}${filters(r)} | while ${line(r)}; do ${body(r)}; done`,
  (r) => `while ${line(r)}; do ${body(r)}; done < <(${find(r)}${filters(r)})`,
  (r) => `${find(r)} -print0 | ${pick('sort', 'wc', 'du')(r)} --files0-from=-`,
  (r) => `${reader(r)} ${pick('src/*', 'src/*.c', 'src/*/', 'src/{a,b}.c', 'src/[a-z]*', '-- src/*')(r)}`,
];

/** One program; most are held, and those that are not must keep to `src`. */
export function nameProgram(random: Random): string {
  return `${before(random)}${random.pick(shapes)(random)}`;
}
