/**
 * What redirections do: files read and written, connections by `/dev/tcp`, and where stdin then comes from.
 */
import type { Effect, HostObject, PathObject, Redirect, Tame, Unknown, Word } from '../model.ts';
import { classifyHost } from '../network.ts';
import type { NameList } from '../reading.ts';
import { secretEffect } from '../secret-name.ts';
import { placesMeant, readPaths } from '../tools/path.ts';
import { sensitiveEffect } from '../tools/sensitive.ts';
import { type DescriptorUse, isReadAsOutput, noteDescriptor } from './descriptors.ts';
import type { Outcome } from './scene.ts';
import { joinStates, type ShellState } from './shell-state.ts';
import type { RedirectNode } from './syntax.ts';
import type { TameLines } from './tame-output.ts';

export interface Stdin {
  /** `program`: the rest of the text that a shell is reading there. */
  readonly source: 'session' | 'pipe' | 'file' | 'text' | 'program' | 'closed';
  /** All of it, where the text says so. */
  readonly text: string | undefined;
  /** Names that the command before prints. */
  readonly names?: NameList | undefined;
  /** Numbers or identifiers that the commands before print, for an xargs. */
  readonly tame?: Tame | undefined;
  /** What each line is, for a loop over them. */
  readonly lines?: TameLines | undefined;
}

export interface RedirectReading {
  readonly redirects: readonly Redirect[];
  readonly effects: readonly Effect[];
  readonly paths: readonly PathObject[];
  readonly hosts: readonly HostObject[];
  readonly unknowns: readonly Unknown[];
  /** Undefined: stdin is not redirected. */
  readonly stdin: Stdin | undefined;
  /** Standard output stays where the command's surroundings put it. */
  readonly keepsOutput: boolean;
}

export const noRedirects: RedirectReading = {
  redirects: [],
  effects: [],
  paths: [],
  hosts: [],
  unknowns: [],
  stdin: undefined,
  keepsOutput: true,
};

/** A file that cannot be opened: then the command is not run, and what it would have changed stays as it was. */
export const mayFail = (nodes: readonly RedirectNode[]): boolean =>
  nodes.some(({ op, target }) => {
    if (op === '<<' || op === '<<<') return false;
    return !(op === '>&' || op === '<&' ? /^[012-]$/ : /^\/dev\/null$/).test(target.raw);
  });

/** A redirection that fails is a failure of the command, which then has changed nothing. */
export const orUnchanged = (outcome: Outcome, before: ShellState | undefined): Outcome =>
  before === undefined
    ? outcome
    : {
        success: outcome.success,
        failure: joinStates(before, outcome.failure),
        output: outcome.output,
        names: outcome.names,
      };

/** It says what descriptor 0 is. HOSTILE: `0>&3` is `<&3`, so `echo ls | sh 3< notes 0>&3` runs what is in the notes. */
export const isOfStdin = ({ op, fd }: RedirectNode): boolean => (fd ?? (op.startsWith('<') ? 0 : 1)) === 0;

/** Where the redirections are opened: by the shell, as the account it runs as. */
export interface RedirectPlace {
  readonly directories: readonly (string | undefined)[];
  readonly homeDirectory: string | undefined;
  readonly descriptors: DescriptorUse;
}

/** Where a shell in this state opens them. */
export const redirectPlace = (descriptors: DescriptorUse, { directories, home }: ShellState): RedirectPlace => ({
  directories,
  homeDirectory: home,
  descriptors,
});

/** Writing to these touches nothing that lasts. */
const harmlessSinks = /^\/dev\/(?:null|zero|full|random|urandom|stdout|stderr|tty|fd\/[12])$/;
/** Reading them, nothing that was not opened before. */
const harmlessSources = /^\/dev\/(?:null|zero|full|random|urandom|stdin|stdout|stderr|tty|fd\/[0-9]+)$/;

export function readRedirects(
  nodes: readonly RedirectNode[],
  expandTarget: (node: RedirectNode) => Word,
  place: RedirectPlace,
): RedirectReading {
  if (nodes.length === 0) return noRedirects;
  const redirects: Redirect[] = [];
  const effects: Effect[] = [];
  const paths: PathObject[] = [];
  const hosts: HostObject[] = [];
  const unknowns: Unknown[] = [];
  let stdin: Stdin | undefined;
  let keepsOutput = true;
  for (const node of nodes) {
    const word = expandTarget(node);
    const isInput = isOfStdin(node);
    const asOutput = noteDescriptor(node, word, place.descriptors);
    if (asOutput !== undefined) unknowns.push(asOutput);
    const isHushed = node.op === '>' && node.fd === 2 && word.kind === 'known' && word.value === '/dev/null';
    if ((!node.op.startsWith('<') && !isHushed) || node.op === '<>') keepsOutput = false;
    switch (node.op) {
      case '<<':
      case '<<<': {
        const isDynamic = word.kind === 'dynamic';
        const secret = secretEffect(word);
        if (secret !== undefined) effects.push(secret);
        const text = word.kind === 'known' ? word.value + (node.op === '<<<' ? '\n' : '') : word.prefix;
        redirects.push({
          op: node.op === '<<' ? 'heredoc' : 'herestring',
          fd: node.fd,
          target: undefined,
          body: { text, isDynamic },
        });
        if (isInput) stdin = { source: 'text', text: isDynamic ? undefined : text };
        break;
      }
      case '<&':
      case '>&':
        redirects.push({ op: 'dup', fd: node.fd, target: word, body: undefined });
        if (isInput) {
          // What another descriptor holds is not followed: it is a file whose content nobody saw.
          stdin = { source: word.kind === 'known' && word.value === '-' ? 'closed' : 'file', text: undefined };
        }
        break;
      default: {
        if (isInput) {
          const isNull = word.kind === 'known' && word.value === '/dev/null';
          stdin = { source: isNull ? 'closed' : 'file', text: undefined };
        }
        const before = paths.length;
        readTarget(node, word, { place, effects, paths, hosts, unknowns });
        const own = paths.slice(before);
        const leads = own.length === 0 ? {} : { paths: own };
        redirects.push({ op: node.op, fd: node.fd, target: word, body: undefined, ...leads });
      }
    }
  }
  return { redirects, effects, paths, hosts, unknowns, stdin, keepsOutput };
}

interface Collected {
  readonly place: RedirectPlace;
  readonly effects: Effect[];
  readonly paths: PathObject[];
  readonly hosts: HostObject[];
  readonly unknowns: Unknown[];
}

function readTarget(node: RedirectNode, word: Word, into: Collected): void {
  const { op } = node;
  // `< <(…)` is a pipe, and the commands behind it are read on their own.
  if (word.kind === 'dynamic' && word.why === 'process' && /^[<>]\(.*\)$/s.test(word.raw)) return;
  const text = word.kind === 'known' ? word.value : word.prefix;
  const network = /^\/+dev\/+(?:tcp|udp)(?:\/+([^/]*)(?:\/+([^/]*))?)?/.exec(text);
  if (network !== null) {
    const port = Number(network[2] ?? Number.NaN);
    const { host, scope } = classifyHost(network[1] ?? '');
    into.effects.push({ kind: 'network', why: `${op} opens a connection` });
    into.hosts.push({
      host,
      port: Number.isInteger(port) ? port : undefined,
      scope,
      direction: 'connect',
    });
    into.unknowns.push({
      code: 'REDIRECT_NETWORK',
      reason: `${text} is a network connection in bash and a file elsewhere.`,
      span: word.span,
    });
    return;
  }
  const isBoth = op === '<>' || isReadAsOutput(node);
  const accesses = isBoth ? (['read', 'write'] as const) : op === '<' ? (['read'] as const) : (['write'] as const);
  const harmless = accesses[0] === 'read' && !isBoth ? harmlessSources : harmlessSinks;
  if (word.kind === 'known' && harmless.test(word.value)) return;
  for (const access of accesses) {
    into.effects.push({ kind: access, why: `${op} ${access === 'read' ? 'reads' : 'writes'} ${word.raw}` });
    for (const workingDirectory of into.place.directories) {
      const { homeDirectory } = into.place;
      const context = { workingDirectory, homeDirectory, runsAs: undefined };
      const objects = readPaths(access, word, context);
      into.paths.push(...objects);
      const glob = word.kind === 'dynamic' && word.why === 'glob' ? word.raw : undefined;
      for (const meant of placesMeant(word, objects[0], context)) {
        const sensitive = sensitiveEffect(meant, { isTree: false, glob, homeDirectory });
        if (sensitive !== undefined && !into.effects.some(({ kind }) => kind === sensitive.kind)) {
          into.effects.push(sensitive);
        }
      }
    }
  }
}
