/**
 * Whether a piece of program seems to do without its stdin: every command that would get it has another, or does not read
 * it with words like these. Whoever is mistaken here gives a command nothing to read, and makes nothing run.
 */
import { literalOf } from './feeds-xargs.ts';
import type { Argument, RedirectNode, SimpleNode, Template } from './syntax.ts';

/** Whatever their words are. */
const silent = new Set(
  'echo printf : true false [ test [[ basename dirname readlink realpath stat ls du df date id sleep cd pwd local export continue break return exit ps pgrep pidof getent hostname uname uptime nproc type which seq expr tput systemctl journalctl find'.split(
    ' ',
  ),
);
/** They look at things by name, but for `kubectl get -f -` and `git log --stdin`. */
const askers: ReadonlyMap<string, RegExp> = new Map([
  ['git', /^(?:log|show|rev-parse|ls-files|branch|describe|tag)$/],
  ['docker', /^(?:inspect|logs|port|top|ps|images)$/],
  ['podman', /^(?:inspect|logs|port|top|ps|images)$/],
  ['kubectl', /^(?:get|describe|logs|top)$/],
  ['openssl', /^x509$/],
]);
/** They read a file that is their last word, behind options without values or behind a number. */
const readers = /^(?:cat|tac|head|tail|wc|nl|sort|uniq|file|md5sum|sha1sum|sha256sum|sha512sum|strings|zcat|od|xxd)$/;
/** Of these a pattern, a program or a filter is the first word that is no option. */
const searchers = /^(?:[ef]?grep|zgrep|rg|awk|gawk|sed|jq)$/;
const plainOptions = /^-(?:[A-Za-z]+|-)$/;
/** Letters that take the next word. */
const takesNext: Readonly<Record<string, RegExp>> = {
  grep: /[ABCDdefm]/,
  rg: /[ABCEefgjMmrtT]/,
  awk: /[^n]/,
  sed: /[^inErsuz]/,
  jq: /[^rcenSsj]/,
  read: /[A-Zbcfjknostw]/,
};

export function seemsToLeaveStdin(node: object): boolean {
  if (Array.isArray(node))
    return node.every((child) => typeof child !== 'object' || child === null || seemsToLeaveStdin(child));
  if ('kind' in node && node.kind === 'opaque') return false;
  if ('kind' in node && node.kind === 'function') return false;
  // Only the first of a pipeline gets it.
  if ('commands' in node && 'operators' in node && Array.isArray(node.commands))
    return seemsToLeaveStdin(node.commands[0]);
  if ('redirects' in node && Array.isArray(node.redirects) && node.redirects.some(isInput)) {
    // The words are expanded before; a compound has none.
    return (
      seemsToLeaveStdin(node.redirects) &&
      (!isSimple(node) || (seemsToLeaveStdin(node.args) && seemsToLeaveStdin(node.assignments)))
    );
  }
  if (isSimple(node) && !isQuiet(node)) return false;
  for (const key in node) {
    if (key === 'span') continue;
    const child: unknown = node[key as keyof typeof node];
    if (typeof child === 'object' && child !== null && !seemsToLeaveStdin(child)) return false;
  }
  return true;
}

const isSimple = (node: object): node is SimpleNode => 'kind' in node && node.kind === 'simple' && 'args' in node;

const isInput = ({ op, fd }: RedirectNode): boolean => op.startsWith('<') && op !== '<&' && (fd ?? 0) === 0;

function isQuiet({ args }: SimpleNode): boolean {
  const [called, ...words] = args;
  if (called === undefined) return true;
  const name = literalOf(called.word) ?? '';
  if (silent.has(name)) return true;
  const asked = askers.get(name);
  if (asked !== undefined) return asks(asked, name, words);
  const last = words.at(-1);
  if (last === undefined || !isFile(last)) return false;
  const before = words.slice(0, -1).map(({ word }) => word);
  if (readers.test(name))
    return before.every((word) => isOption(word, 'read') || /^-?n?\d+$/.test(literalOf(word) ?? ''));
  if (!searchers.test(name)) return false;
  const pattern = before.at(-1);
  const kind = name.replace(/^(?:[efz]grep)$/, 'grep').replace('gawk', 'awk');
  return pattern !== undefined && isText(pattern) && before.slice(0, -1).every((word) => isOption(word, kind));
}

/** All of it is known but for what stands in words of their own, and it names no stdin. */
function asks(asked: RegExp, name: string, words: readonly Argument[]): boolean {
  const texts = words.map(({ word }) => literalOf(word));
  if (!asked.test(texts[0] ?? '') || texts.some((text) => text === '-' || text?.includes('stdin') === true))
    return false;
  if (name === 'kubectl') return !texts.some((text) => /^-f|^--filename/.test(text ?? ''));
  return name !== 'openssl' || texts.includes('-in');
}

const isOption = (word: Template, kind: string): boolean => {
  const text = literalOf(word) ?? '';
  return plainOptions.test(text) && takesNext[kind]?.test(text.slice(1)) !== true;
};

const isText = ({ parts: [first] }: Template): boolean => first?.kind === 'text' && /^[^-]/.test(first.value);

/** A name with a slash, or one that a variable holds. */
function isFile({ word, assignment }: Argument): boolean {
  const [first] = word.parts;
  if (assignment !== undefined || first === undefined) return false;
  if (first.kind === 'text') return /^[\w.][\w./-]*\/|^\/./.test(first.value);
  return first.kind === 'parameter' && first.isQuoted && /^[A-Za-z]\w*$/.test(first.name);
}
