/**
 * Commands that print nothing but identifiers: `docker ps -q`, `git log --format=%H`, and the numbers of
 * processes in `ps aux | grep x | awk '{print $2}'`.
 *
 * INVARIANT: each word of the output begins with a letter or a digit, and holds no quote and no backslash. So it is no
 * option wherever it is put, be it by the shell or by xargs.
 */
import type { Tame } from '../model.ts';
import { manyCommits, oneCommit } from '../tools/path.ts';
import type { NumberListing } from './single-number.ts';

/** What ps prints, whose second column is the number, lines that begin with a name, or a listing of numbers alone. */
export type Listing = 'processes' | 'named' | NumberListing;

/** HOSTILE: `--quiet=false` lists what containers run. Names of containers begin with a letter or a digit, identifiers are hexadecimal. */
const containers = /^(?:docker|podman) (?:container (?:ls|ps|list)|ps|images|image ls)(?= |$)/;
const containerWord =
  /^(?:-[aqln]+|--all|--quiet|--latest|--no-trunc|\d+|(?:-f|--filter)|(?:--filter=)?[a-z][\w.-]*=[\w./:@-]+)$/;
const idsOnly = / --format[ =]\{\{ ?\.(?:ID|Names) ?\}\}$/;
/**
 * Kinds whose names the API server holds to letters, digits, `-` and `.`, with a letter or a digit in front; roles and the
 * like may be called anything. `-o name` prints `pod/NAME`. HOSTILE: a template prints whatever is asked for.
 */
const objects =
  /^kubectl get (?:po|pods?|deploy|deployments?|no|nodes?|ns|namespaces?|svc|services?|sts|statefulsets?|ds|daemonsets?|jobs?|cronjobs?)(?= |$)/;
const objectWord = /^(?:-A|--all-namespaces|--no-headers|--(?:namespace|selector)=[\w./=,!-]+)$/;
const objectValue = / (?:-n|--namespace|-l|--selector) [A-Za-z][\w./=,!-]*(?= |$)/g;
const columnsWord = /^(?:-A|--all-namespaces|--no-headers|--show-labels|-o|-owide|--output=wide|wide)$/;
const columnsValue = / --(?:field-selector|sort-by|selector|namespace)[ =][\w./=,!-]+(?= |$)/g;
const namesOnly =
  / (?:-o|--output)[ =]?(?:name|custom-columns=[A-Z]*:\.?metadata\.name|jsonpath=(?:\{\.items\[(?:\*|\d+)\]\.metadata\.name\}|\{range \.items\[\*\]\}\{\.metadata\.name\}\{"(?: |\\n)"\}\{end\}))(?= |$)/;

/**
 * Units as the manager of the system lists them, without a dot in front. Only root names any, and those that systemd names
 * begin with a letter but for the root's mount and slice: neither is among these kinds, and if the mount ever fails, `-.` is no
 * option of anything.
 */
const units =
  /^systemctl(?: list-units)?(?= (?:.* )?--plain(?: |$))(?= (?:.* )?(?:--failed|(?:--state[ =]|--type[ =]|-t ?)(?:failed|service|timer|socket|target|path))(?: |$))(?: (?:--(?:failed|plain|no-legend|no-pager|all)|-a|--state[ =][a-z]+|(?:--type[ =]|-t ?)[a-z]+))+$/;
const unitFiles =
  /^systemctl list-unit-files(?= (?:.* )?(?:--type[ =]|-t ?)(?:service|timer|socket|target|path)(?: |$))(?: (?:--(?:no-legend|no-pager)|--state[ =][a-z]+|(?:--type[ =]|-t ?)[a-z]+))+$/;
const firstColumn = (() => {
  const value = '(?:"[\\w ./:-]*"|\\d+|/[\\w ./:-]+/)';
  const condition = `(?:NR ?> ?1|!?/[\\w .:@-]+/|\\$\\d+ ?(?:[!=<>]=|[<>]|!?~) ?${value})`;
  return new RegExp(`^(?:${condition}(?: ?(?:&&|\\|\\|) ?${condition})* ?)?\\{ ?print \\$1;? ?\\}$`);
})();

const firstField = /^cut\n(?:-d\n? \n-f\n?1|-f\n?1\n-d\n? )$/;

/** Whatever the words select, git prints hashes: of a range, of all, of none. */
const commits = new RegExp(`^${manyCommits}$`);
/** One, or nothing; of a repository without any `HEAD`. */
const commit = new RegExp(`^${oneCommit}$`);
const processes = /^ps (?:-?aux|-ef|-?auxww)$/;
const secondColumn = /^(?:!?\/[\w .:@-]+\/ ?)?\{ ?print \$2;? ?\}$/;

/** `fed`: what the command reads on stdin, when that is known. */
export function identifiersOf(argv: readonly string[], fed: Tame | Listing | undefined): Tame | Listing | undefined {
  switch (argv[0]) {
    case 'ps':
      return processes.test(argv.join(' ')) ? 'processes' : undefined;
    case 'git': {
      const line = argv.join(' ');
      if (commit.test(line)) return 'word';
      return commits.test(line) ? 'text' : undefined;
    }
    case 'docker':
    case 'podman':
      return listsContainers(argv.join(' ')) ? 'text' : undefined;
    case 'kubectl': {
      const line = argv.join(' ');
      if (namesObjects(line)) return 'text';
      return listsObjects(line) ? 'named' : undefined;
    }
    case 'systemctl': {
      const line = argv.join(' ');
      return units.test(line) || unitFiles.test(line) ? 'named' : undefined;
    }
    case 'cut':
      return fed === 'named' && firstField.test(argv.join('\n')) ? 'text' : undefined;
    case 'awk':
      if (fed === 'named') return argv.length === 2 && firstColumn.test(argv[1] ?? '') ? 'text' : undefined;
      return fed === 'processes' && argv.length === 2 && secondColumn.test(argv[1] ?? '') ? 'text' : undefined;
    default:
      return fed !== undefined && isKeeping(argv) ? fed : undefined;
  }
}

function listsContainers(line: string): boolean {
  const format = idsOnly.exec(line);
  // podman prints the names of images between brackets.
  if (format?.[0].includes('Names') === true && / images?(?= )/.test(line)) return false;
  const list = format === null ? line : line.slice(0, format.index);
  return hasOnly(list, containers, containerWord) && (format !== null || / (?:-[aln]*q|--quiet)/.test(list));
}

function namesObjects(line: string): boolean {
  if (!namesOnly.test(line)) return false;
  return hasOnly(line.replace(namesOnly, '').replace(objectValue, ''), objects, objectWord);
}

/** A table, whose first column is the name, or the namespace with -A. */
const listsObjects = (line: string): boolean =>
  !/ -o(?! ?wide(?: |$))/.test(line) &&
  hasOnly(line.replace(columnsValue, '').replace(objectValue, ''), objects, columnsWord);

const hasOnly = (line: string, head: RegExp, word: RegExp): boolean => {
  const match = head.exec(line);
  if (match === null) return false;
  const rest = line.slice(match[0].length).trim();
  return rest === '' || rest.split(' ').every((each) => word.test(each));
};

/** A command that prints some of the lines it reads, in whatever order. */
function isKeeping([name = '', ...words]: readonly string[]): boolean {
  switch (name) {
    case 'grep':
    case 'egrep':
    case 'fgrep': {
      const options = words.slice(0, -1);
      return words.length > 0 && !words.at(-1)?.startsWith('-') && options.every((word) => /^-[viwEFx]+$/.test(word));
    }
    case 'head':
    case 'tail':
      return /^(?:-(?:n ?)?\d+)?$/.test(words.join(' '));
    case 'sort':
    case 'uniq':
      return words.every((word) => /^-[nrud]+$/.test(word));
    default:
      return false;
  }
}
