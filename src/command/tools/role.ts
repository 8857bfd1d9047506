/**
 * What a word is to a tool: `path-write`, `host`, `code:python`. Roles are written as short texts in the
 * descriptions and read once, when the library is loaded.
 */
import type { PathAccess, SqlFacts, Word } from '../model.ts';

export type Role =
  | { readonly kind: 'text' }
  /** A text that is a number where it is known: what is none may be an operand to another program of that name. */
  | { readonly kind: 'number' }
  /** The number of a process here: what is none may be the name of another machine (`jstat -gc 1@host`). */
  | { readonly kind: 'process-number' }
  /** The name of an encoding (`UTF-8//TRANSLIT`), or a file that describes one. */
  | { readonly kind: 'charset' }
  /** The slot does not exist under this option (`grep -e` takes the place of PATTERN). */
  | { readonly kind: 'none' }
  /** `isTree`: everything below it as well, contents included. `isDeep`: of a directory, whose name is enough to allow it. */
  | { readonly kind: 'path'; readonly access: readonly PathAccess[]; readonly isTree: boolean; readonly isDeep?: true }
  /** A file that is written, or a directory in which what the slot `source` names is. */
  | { readonly kind: 'path-into' }
  /** A path of which only name, kind and times are looked at (ls, stat, test). */
  | { readonly kind: 'entry' }
  /** Like `entry`, of what is opened for it as well (df). */
  | { readonly kind: 'touched' }
  /** A file or a disk that is opened, and of which nothing secret is told (fdisk -l, a certificate). */
  | { readonly kind: 'opened' }
  /** A file of which only a count, a digest or a kind is told (wc, md5sum, file). */
  | { readonly kind: 'measured' }
  /** `COMMIT`, `PATH` or `COMMIT:PATH` (git), of which names are told. */
  | { readonly kind: 'revision' }
  /** The same where content is shown: a path may be a pattern that asks for secrets by their names. */
  | { readonly kind: 'version' }
  /** A path that is read, or such a pattern (git grep). */
  | { readonly kind: 'pathspec' }
  /** The name of a file in an archive, or a pattern for some, whose content is shown or unpacked. */
  | { readonly kind: 'member' }
  /** A regular expression for the names of files that are read. */
  | { readonly kind: 'name-regex' }
  | { readonly kind: 'host' }
  | { readonly kind: 'url' }
  /** A name that is looked up; only this machine's own needs nobody else to answer. */
  | { readonly kind: 'lookup' }
  /** `[account@]host:path` or a path of this machine (scp, rsync). */
  | { readonly kind: 'remote-path'; readonly access: 'read' | 'write' }
  /** What git fetches from or pushes to. */
  | { readonly kind: 'repository' }
  /** `text`, or `@file` whose content is sent (curl -d). */
  | { readonly kind: 'data' }
  /** curl -F `name=@file`, `name=<file` and other places where a file may stand behind the `=`. */
  | { readonly kind: 'form' }
  /** A name and not `name=value`, which would set it. */
  | { readonly kind: 'name' }
  /** Letters, digits, `.`, `_` and `-` only. */
  | { readonly kind: 'plain' }
  /** The same behind a kind (kubectl), where a name that is not known may be anything but an option. */
  | { readonly kind: 'object' }
  /** What a shell reads as it stands, where some implementation hands it to one. */
  | { readonly kind: 'unquoted' }
  /** A database of PostgreSQL, or the connection that leads to it. */
  | { readonly kind: 'connection' }
  | { readonly kind: 'account' }
  | { readonly kind: 'service' }
  | { readonly kind: 'package' }
  | { readonly kind: 'process' }
  /** An expression that a part of the name fits (pkill), or of the whole command line: then nobody can say whose. */
  | { readonly kind: 'process-pattern' | 'process-line' }
  /** `[account@]host`, `pod`, `container`: where the nested command runs. */
  | { readonly kind: 'place'; readonly prefix: 'host' | 'container' | 'pod' }
  /** Where paths start: of every word (`make -C`), or only of operands and what is added (`tar -C`). */
  | { readonly kind: 'directory'; readonly isLate: boolean }
  /** The rest of the argv is a command. */
  | { readonly kind: 'command' }
  /** The words up to `;` or `{} +` are a command (find -exec). */
  | { readonly kind: 'command-until' }
  /** One word, or the rest joined by spaces, is shell text. */
  | { readonly kind: 'shell' }
  /** The text that xargs replaces in the nested command. */
  | { readonly kind: 'replacement' }
  | { readonly kind: 'code'; readonly language: string }
  /** A file that is run. */
  | { readonly kind: 'script'; readonly language: string }
  | { readonly kind: 'program'; readonly language: ProgramLanguage }
  | { readonly kind: 'program-file'; readonly language: string }
  | { readonly kind: 'sql'; readonly dialect: SqlFacts['dialect'] }
  /** `name=value` given to an awk program. */
  | { readonly kind: 'variable' }
  /** The name of a variable that what is run does without (`env -u`). */
  | { readonly kind: 'unset' }
  /** `pairs` of the description say what stands behind `name=` (dd). */
  | { readonly kind: 'pair' }
  /** Only these values are described; `x*` accepts every value that starts with `x`, and `*:x` that ends with `:x`. */
  | {
      readonly kind: 'one-of';
      readonly exact: ReadonlySet<string>;
      readonly starts: readonly string[];
      readonly ends: readonly string[];
    }
  /** A text in which none of these may stand (`ps -o`, where one column of many shows secrets). */
  | { readonly kind: 'text-without'; readonly words: readonly string[] }
  /** None of these texts, in whatever case. */
  | { readonly kind: 'none-of'; readonly values: ReadonlySet<string> }
  /**
   * Pieces between blanks, or between commas (`list-of`), each one of the values, one that ends in `<name>` with a name in
   * its place or, where `hasAddresses`, a number or a numeric address.
   */
  | {
      readonly kind: 'each-of';
      readonly values: ReadonlySet<string>;
      readonly beginnings: readonly string[];
      readonly hasAddresses: boolean;
      readonly separator: 'blank' | 'comma';
    }
  /** Like `entry` and others, but a text with one of these in it is no path (`tcp@host` of lsof). */
  | {
      readonly kind: 'entry-without' | 'opened-without' | 'path-without' | 'pathspec-tree-without' | 'data-without';
      readonly words: readonly string[];
    }
  /** A file that is written, and one of these in its name would lead elsewhere (a variable that pytest expands). */
  | { readonly kind: 'path-write-without'; readonly words: readonly string[] }
  /** Everything below it but what is hidden (rg, ag). */
  | { readonly kind: 'visible-tree' }
  /** A file that is read, or a tree; `@name` would be a file of further arguments (binutils), or of members (bsdtar). */
  | { readonly kind: 'path-not-at' | 'tree-not-at' | 'path-change-not-at' }
  /** A file that is changed; `:/name` and `:(top)name` would be one at the top of a working tree (git). */
  | { readonly kind: 'path-change-not-top' }
  /** A file that is read; `+name` would be a command (pagers). */
  | { readonly kind: 'path-not-plus' }
  /** A file that names files, of which little is told (`sha256sum -c`): somebody must have named it. */
  | { readonly kind: 'path-named' }
  /** A file, or stdin, that names the files which are read. */
  | { readonly kind: 'path-list' }
  /** The role another part of the description gives this slot (`tar -f` under `-c` or `-x`). */
  | { readonly kind: 'slot'; readonly name: string };

export type ProgramLanguage = 'sed' | 'awk' | 'jq' | 'yq';

/** All have the same fields: to V8 others are of another kind, and every place that asks for the kind is slower then. */
function alike<Kind extends Role>(role: Kind): Kind {
  const fields = {
    kind: role.kind,
    access: undefined,
    isTree: undefined,
    isDeep: undefined,
    isLate: undefined,
    prefix: undefined,
    language: undefined,
    dialect: undefined,
    name: undefined,
    words: undefined,
    exact: undefined,
    starts: undefined,
    values: undefined,
    beginnings: undefined,
    hasAddresses: undefined,
    separator: undefined,
  };
  return Object.assign(fields, role);
}

export const textRole: Role = alike({ kind: 'text' });
/** A file that is read. */
export const fileRole = alike({ kind: 'path', access: ['read'], isTree: false } as const);
/** A directory that is read with all below it. */
export const treeRole = alike({ kind: 'path', access: ['read'], isTree: true } as const);
/** A file that is written. */
export const writtenRole = alike({ kind: 'path', access: ['write'], isTree: false } as const);
/** A file that is changed. */
export const changedRole = alike({ kind: 'path', access: ['read', 'write'], isTree: false } as const);

const path = (access: readonly PathAccess[], isTree = false): Role => ({ kind: 'path', access, isTree });
const deep = (access: readonly PathAccess[]): Role => ({ kind: 'path', access, isTree: false, isDeep: true });

const plain: Readonly<Record<string, Role>> = {
  text: { kind: 'text' },
  number: { kind: 'number' },
  'process-number': { kind: 'process-number' },
  charset: { kind: 'charset' },
  none: { kind: 'none' },
  path: path(['read']),
  entry: { kind: 'entry' },
  touched: { kind: 'touched' },
  opened: { kind: 'opened' },
  measured: { kind: 'measured' },
  tree: path(['read'], true),
  'visible-tree': { kind: 'visible-tree' },
  'path-list': { kind: 'path-list' },
  'path-not-at': { kind: 'path-not-at' },
  'tree-not-at': { kind: 'tree-not-at' },
  'path-change-not-at': { kind: 'path-change-not-at' },
  'path-change-not-top': { kind: 'path-change-not-top' },
  'path-not-plus': { kind: 'path-not-plus' },
  'path-named': { kind: 'path-named' },
  'path-write': path(['write']),
  'path-change': path(['read', 'write']),
  'path-delete': path(['delete']),
  'path-move': deep(['read', 'delete']),
  'path-into': { kind: 'path-into' },
  'write-below': deep(['write']),
  'change-below': deep(['read', 'write']),
  'delete-below': deep(['delete']),
  'delete-tree': path(['delete'], true),
  revision: { kind: 'revision' },
  version: { kind: 'version' },
  pathspec: { kind: 'pathspec' },
  member: { kind: 'member' },
  'name-regex': { kind: 'name-regex' },
  host: { kind: 'host' },
  url: { kind: 'url' },
  lookup: { kind: 'lookup' },
  'remote-path': { kind: 'remote-path', access: 'read' },
  'remote-path-write': { kind: 'remote-path', access: 'write' },
  repository: { kind: 'repository' },
  data: { kind: 'data' },
  form: { kind: 'form' },
  name: { kind: 'name' },
  plain: { kind: 'plain' },
  unquoted: { kind: 'unquoted' },
  object: { kind: 'object' },
  connection: { kind: 'connection' },
  account: { kind: 'account' },
  service: { kind: 'service' },
  package: { kind: 'package' },
  process: { kind: 'process' },
  'process-pattern': { kind: 'process-pattern' },
  'process-line': { kind: 'process-line' },
  'ssh-host': { kind: 'place', prefix: 'host' },
  container: { kind: 'place', prefix: 'container' },
  pod: { kind: 'place', prefix: 'pod' },
  directory: { kind: 'directory', isLate: false },
  'late-directory': { kind: 'directory', isLate: true },
  command: { kind: 'command' },
  'command-until': { kind: 'command-until' },
  shell: { kind: 'shell' },
  replacement: { kind: 'replacement' },
  variable: { kind: 'variable' },
  unset: { kind: 'unset' },
  pair: { kind: 'pair' },
};

const dialects: readonly string[] = ['postgresql', 'mysql', 'sqlite'];
const programs: readonly string[] = ['sed', 'awk', 'jq', 'yq'];
const isDialect = (text: string): text is SqlFacts['dialect'] => dialects.includes(text);
const isProgram = (text: string): text is ProgramLanguage => programs.includes(text);

export const roleNames: readonly string[] = [
  ...Object.keys(plain),
  'code:LANGUAGE',
  'script:LANGUAGE',
  'program:sed|awk|jq|yq',
  'program-file:LANGUAGE',
  'sql:postgresql|mysql|sqlite',
  'one-of:A|B|START*',
  'text-without:A|B',
  'entry-without:A|B',
  'opened-without:A|B',
  'data-without:A|B',
  'path-without:A|B',
  'path-write-without:A|B',
  'pathspec-tree-without:A|B',
  'none-of:A|B',
  'each-of:A|B|<address>',
  'list-of:A|B/<name>',
  '$SLOT',
];

/** Characters that are not written out. */
const named = new Map([
  ['<blank>', [' ', '\t', '\n']],
  ['<line>', ['\n', '\r']],
]);

/** Undefined when the text names no role. */
export function readRole(text: string): Role | undefined {
  const role = Object.hasOwn(plain, text) ? plain[text] : roleWithValues(text);
  return role === undefined ? undefined : alike(role);
}

function roleWithValues(text: string): Role | undefined {
  if (/^\$[a-z][a-z-]*$/.test(text)) return { kind: 'slot', name: text.slice(1) };
  const colon = text.indexOf(':');
  const head = text.slice(0, colon);
  const rest = text.slice(colon + 1);
  if (colon < 0 || rest === '') return undefined;
  if (head === 'code' || head === 'script') return { kind: head, language: rest };
  if (head === 'program-file') return { kind: 'program-file', language: rest };
  if (head === 'program' && isProgram(rest)) return { kind: 'program', language: rest };
  if (head === 'sql' && isDialect(rest)) return { kind: 'sql', dialect: rest };
  const values = rest.split('|').flatMap((value) => named.get(value) ?? [value]);
  if (
    head === 'text-without' ||
    head === 'entry-without' ||
    head === 'opened-without' ||
    head === 'data-without' ||
    head === 'path-without' ||
    head === 'path-write-without' ||
    head === 'pathspec-tree-without'
  )
    return { kind: head, words: values };
  if (head === 'none-of') return { kind: head, values: new Set(values.map((value) => value.toLowerCase())) };
  if (head === 'each-of' || head === 'list-of')
    return {
      kind: 'each-of',
      values: new Set(values),
      beginnings: values.filter((value) => value.endsWith('<name>')).map((value) => value.slice(0, -'<name>'.length)),
      hasAddresses: values.includes('<address>'),
      separator: head === 'list-of' ? 'comma' : 'blank',
    };
  if (head !== 'one-of') return undefined;
  return {
    kind: 'one-of',
    exact: new Set(values.filter((value) => !/^\*:|\*$/.test(value))),
    starts: values.filter((value) => value.endsWith('*')).map((value) => value.slice(0, -1)),
    ends: values.filter((value) => value.startsWith('*:')).map((value) => value.slice(1)),
  };
}

/** A word in this role can run, write or send something, or decides where a nested command starts. */
export function isRisky(role: Role): boolean {
  switch (role.kind) {
    case 'path':
      return role.access.some((access) => access !== 'read');
    case 'text':
    case 'number':
    case 'charset':
    case 'entry':
    case 'touched':
    case 'opened':
    case 'measured':
    case 'revision':
    case 'version':
    case 'pathspec':
    case 'member':
    case 'name-regex':
    case 'none':
    case 'account':
    case 'service':
    case 'package':
    case 'process':
    case 'path-list':
      return false;
    default:
      return true;
  }
}

/** A known word that a `one-of` role names. */
export function isOneOf(role: Role, word: Word | undefined): boolean {
  if (role.kind !== 'one-of' || word?.kind !== 'known') return false;
  const { value } = word;
  const { exact, starts, ends } = role;
  return exact.has(value) || starts.some((start) => value.startsWith(start)) || ends.some((end) => value.endsWith(end));
}
