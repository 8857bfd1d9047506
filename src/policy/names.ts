/**
 * Criteria about names that tools read in ways of their own: services, packages, processes, accounts, places.
 *
 * HOSTILE: `systemctl stop 'ssh*'` stops sshd, `apt-get remove openssh.server` is an expression that openssh-server fits,
 * `pkill ssh` signals sshd, and account 26 is postgres on some machines.
 *
 * INVARIANT: a rule that refuses is asked about every name that the word may stand for; a rule that allows counts a word
 * that is more than a name only as it is written.
 */
import type { SimpleCommand } from '../command/model.ts';
import { compileName } from './argv-pattern.ts';
import { any, type Certainty, certain, no, plausible } from './certainty.ts';
import { compileGlob } from './glob.ts';
import type { CriterionReader } from './matcher.ts';
import { shellPattern } from './shell-pattern.ts';

interface NameKind {
  of(command: SimpleCommand): readonly string[];
  /** What the word may stand for, also as a pattern of the shell; undefined where that is anything. */
  spellings(word: string): readonly string[] | undefined;
  /** It is a name and no more than that. */
  isName(word: string): boolean;
  /** Of a command that names nobody: the rule may be about it. */
  touchesUnnamed(command: SimpleCommand): boolean;
}

const never = (): boolean => false;
/** Of a pattern of the shell a rule with stars that fits it as it is written fits all that it stands for. */
const always = (): boolean => true;
/** Nothing but a name: no version, no expression, no file and no address. */
const isPlainName = (word: string): boolean => /^\w(?:[\w+-]|(?<=\d)\.(?=\d))*(?<!-|[^+]\+)$/.test(word);
const wildcard = /[*?[]/;
/** How the model writes a name that is only known at run time (`notKnown` there). */
const notKnown = '(not known)';

/** Units are patterns of the shell, and `sshd` is short for `sshd.service`. */
const services: NameKind = {
  of: (command) => command.services,
  spellings(word) {
    if (word === '' || word === 'all') return undefined;
    const name = word.replace(/\.service$/, '');
    return [name, `${name}.service`];
  },
  isName: always,
  touchesUnnamed: never,
};

const architecture =
  /[.:](?:amd64|i[3-6]86|x86_64|arm64|aarch64|armhf|armv7hl|ppc64(?:el|le)?|s390x|riscv64|noarch|all|any|native|src)$/;
/** Of a dot that is more than one in a number, apt makes an expression. */
const expression = /[*?[\]^$()|\\{}~]|(?<!\d)\.|\.(?!\d)/;

/** `name=1.2`, `name/stable`, `name:arm64`, `name-1.2-3.x86_64`, and `name-`, which removes what `name` installs. */
const packages: NameKind = {
  of: (command) => command.packages,
  spellings(word) {
    const [bare = ''] = word.split(/(?<=.)[=/<>@]/, 1);
    const name = bare.replace(architecture, '');
    if (name === '' || expression.test(name)) return undefined;
    return [name, name.replace(/[-+]$/, ''), name.replace(/-\d.*$/s, '')];
  },
  isName: isPlainName,
  touchesUnnamed: never,
};

/** Which process a number is nobody can say. */
const processes: NameKind = {
  of: (command) => command.processes,
  spellings: (word) => (word === '' || /^[-%+]?\d*$|^%/.test(word) ? undefined : [word]),
  isName: isPlainName,
  touchesUnnamed: (command) => command.effects.some(({ kind }) => kind === 'process'),
};

/** `name`, `name:group` or a number. */
const accounts: NameKind = {
  of: (command) => (command.runsAs === undefined ? [] : [command.runsAs]),
  spellings(word) {
    const [name = ''] = word.split(':', 1);
    return word === notKnown || /^#?\d*$/.test(name) ? undefined : [name];
  },
  isName: isPlainName,
  touchesUnnamed: never,
};

/** `host`, `ssh://host:22`, `container name`, `pod name`. */
const places: NameKind = {
  of: (command) => (command.runsOn === undefined ? [] : [command.runsOn]),
  spellings(word) {
    if (word === notKnown) return undefined;
    if (word.endsWith(` ${notKnown}`)) return [word.replace(notKnown, '*')];
    return [
      word
        .replace(/^ssh:\/\//, '')
        .replace(/\.?(?:[:/].*)?$/s, '')
        .toLowerCase(),
    ];
  },
  isName: always,
  touchesUnnamed: never,
};

function criterion(key: string, kind: NameKind): CriterionReader {
  return (node, { document }) => {
    const patterns = document.texts(node, `\`${key}\``).flatMap(({ value, node: at }) => {
      const matches = compileName(value);
      if (matches === undefined) document.report(at, `braces do not pair up in \`${value}\``);
      const glob = compileGlob(`/${value}`);
      return matches === undefined
        ? []
        : [{ text: value, matches, glob: glob.kind === 'glob' ? glob.glob : undefined }];
    });
    const isAllowed = (word: string): boolean =>
      patterns.some(({ text, matches }) => text === word || text === '*' || (matches(word) && kind.isName(word)));
    const mayBe = (word: string): Certainty => {
      if (patterns.some(({ matches }) => matches(word))) return certain;
      const spellings = kind.spellings(word);
      if (spellings === undefined) return plausible;
      return any(spellings, (name) => {
        if (patterns.some(({ matches }) => matches(name))) return certain;
        if (!wildcard.test(name)) return no;
        const shell = shellPattern(`/${name}`);
        return patterns.some(({ glob }) => glob === undefined || glob.overlaps(shell)) ? plausible : no;
      });
    };
    return {
      key,
      covers: ({ command }) => kind.of(command).length > 0 && kind.of(command).every(isAllowed),
      touches: ({ command }) => {
        const words = kind.of(command);
        if (words.length === 0) return kind.touchesUnnamed(command) ? plausible : no;
        return any(words, mayBe);
      },
    };
  };
}

export const nameKeys: Readonly<Record<string, CriterionReader>> = {
  services: criterion('services', services),
  packages: criterion('packages', packages),
  processes: criterion('processes', processes),
  runs_as: criterion('runs_as', accounts),
  runs_on: criterion('runs_on', places),
};
