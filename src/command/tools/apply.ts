/** Turns each word's role into what the reading says: effects, paths, hosts, code, nested commands. */
import { dynamicWord } from '../dynamic-word.ts';
import { notKnown, type PathAccess, type Word } from '../model.ts';
import type { ProgramReaders } from '../reading.ts';
import { asksByName, asksByRegex, asksForMember, asksForPath } from './asked-names.ts';
import { automountEffect, leadsAway } from './automount.ts';
import { applyConnection } from './connection.ts';
import { applyInto } from './copied.ts';
import type { Draft } from './draft.ts';
import { applyNamed } from './named.ts';
import { namesOnStdin } from './names.ts';
import { isOneOfThese } from './one-of-these.ts';
import type { Assigned, Parsed } from './parsed.ts';
import { isPlainName } from './plain-name.ts';
import { applyRemotePath, applyRepository } from './remote-path.ts';
import { applyRevision, applyVersion } from './revision.ts';
import { changedRole, fileRole, isOneOf, type ProgramLanguage, type Role, treeRole, writtenRole } from './role.ts';
import { applySent } from './sent.ts';
import { applyBeginning, applyTextWithout } from './text-without.ts';
import { asGlob, isNumbered, isUnseen, tail, textOf } from './word.ts';

const accessWhy: Readonly<Record<PathAccess, string>> = {
  read: 'reads a file',
  write: 'writes a file',
  delete: 'deletes a file',
  execute: 'runs a file',
};

const signs: Partial<Record<Role['kind'], readonly string[]>> = {
  'path-not-plus': ['+'],
  'path-change-not-top': [':/', ':('],
};

/** What it is where none of them makes something else of it. */
const behindSign = {
  'path-not-at': fileRole,
  'path-not-plus': fileRole,
  'tree-not-at': treeRole,
  'path-change-not-at': changedRole,
  'path-change-not-top': changedRole,
} as const;

const ownName = /^(?:localhost|ip6-localhost|127(?:\.\d{1,3}){3}|::1)$/;

/** With a sign, a unit (`10K`, `5m`) or minutes and seconds; `N` is what people write for one they have not chosen. */
const number =
  /^[-+]?(?:N|0x[\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[bBcwsmhdkKMGTPEZYRQ]|[kKMGTPEZYRQ]i?B)?|\d+(?::\d\d){1,2})$/;

/** Pieces of programs that are read together when all of them are known. */
export interface Pieces {
  programs: Map<ProgramLanguage, Word[]> | undefined;
  directory: Word | undefined;
  replacement: Word | undefined;
  /** A target of copies has been read. */
  hasTarget: boolean;
}

/** Roles in which a word nobody has seen is nothing more than text, or is weighed with the paths. */
const weighed: ReadonlySet<Role['kind']> = new Set([
  'text',
  'number',
  'charset',
  'none',
  'member',
  'name-regex',
  'entry',
  'touched',
  'opened',
  'measured',
  'path',
  'path-without',
  'pathspec',
  'path-not-at',
  'tree-not-at',
  'path-change-not-at',
  'path-change-not-top',
  'path-not-plus',
]);

export function applyRole(
  assigned: Assigned,
  parsed: Parsed,
  draft: Draft,
  pieces: Pieces,
  readers: ProgramReaders,
): void {
  const { role, word, of } = assigned;
  const isDash = word.kind === 'known' && word.value === '-';
  if (isUnseen(word) && !isNumbered(word) && !weighed.has(role.kind)) draft.isOpen = true;
  switch (role.kind) {
    case 'text':
      if (word.kind === 'known' && mayBeLookedAt(word.value, draft)) draft.addEffects([automountEffect]);
      return;
    case 'none':
    case 'variable':
    case 'unset':
      return;
    case 'number':
      if (word.kind === 'known' && !number.test(word.value))
        draft.unknown('TOOL_VALUE_UNKNOWN', `${draft.called} ${of}: ${word.raw} is not a number`, word);
      return;
    case 'charset':
      if (word.kind === 'known' && !/^[^/]*(?:\/\/[\w,]*)*$/.test(word.value))
        applyPath(fileRole, assigned, isDash, parsed, draft);
      return;
    case 'process-number':
      if (word.kind === 'known' ? /^\d+$/.test(word.value) : isNumbered(word)) return;
      draft.unknown(
        'TOOL_VALUE_UNKNOWN',
        `${draft.called} ${of}: ${word.raw} may be the name of another machine`,
        word,
      );
      return;
    case 'entry':
      draft.entry(word);
      return;
    case 'touched':
      draft.opened(word, true);
      return;
    case 'opened':
      draft.opened(word, false);
      return;
    case 'measured':
      // `/etc/sh*` says where its files are; only of a file nobody knows is nothing told.
      if (word.kind === 'known' || (word.why === 'glob' && /^[/~]/.test(word.raw)))
        applyPath(fileRole, assigned, isDash, parsed, draft);
      else draft.opened(word, true);
      return;
    case 'member':
    case 'name-regex':
      if (role.kind === 'member' ? asksForMember(word) : asksByRegex(word)) draft.effect('identity', asksByName);
      return;
    case 'pathspec':
      if (asksForPath(word)) draft.effect('identity', asksByName);
      applyPath(fileRole, { word: asGlob(word), of }, isDash, parsed, draft);
      return;
    case 'version':
      applyVersion(word, draft);
      return;
    case 'revision':
      applyRevision(word, draft);
      return;
    case 'path':
      applyPath(role, assigned, isDash, parsed, draft);
      return;
    case 'path-into':
      applyInto(assigned, parsed, draft, pieces);
      return;
    case 'host':
    case 'url':
      draft.host(word, parsed.direction ?? parsed.command.direction, role.kind === 'url', isFollowed(parsed));
      return;
    case 'lookup':
      if (word.kind === 'dynamic' || !ownName.test(word.value)) draft.host(word, 'connect', false);
      return;
    case 'repository':
      applyRepository(word, draft);
      return;
    case 'remote-path':
      if (!(isDash && parsed.command.dashIsStream)) applyRemotePath(role.access, word, draft);
      return;
    case 'data':
    case 'form':
      applySent(role.kind, word, draft);
      return;
    case 'name':
    case 'plain':
    case 'unquoted':
    case 'object':
      if (!isPlainName(role.kind, word, parsed)) draft.unexpected(word);
      return;
    case 'connection':
      applyConnection(word, draft);
      return;
    case 'account':
      draft.runsAs = word.kind === 'known' ? word.value : notKnown;
      return;
    case 'package':
      if (word.kind === 'known' && mayBeLookedAt(word.value, draft)) draft.addEffects([automountEffect]);
      applyNamed(role.kind, word, draft);
      return;
    case 'service':
    case 'process':
    case 'process-pattern':
    case 'process-line':
      applyNamed(role.kind, word, draft);
      return;
    case 'place':
      applyPlace(role.prefix, word, draft);
      return;
    case 'directory':
      pieces.directory = word;
      draft.enter(word);
      return;
    case 'replacement':
      pieces.replacement = word;
      return;
    case 'shell':
      draft.nested.push({
        kind: 'shell',
        words: [word],
        via: `${draft.whole()} ${of.startsWith('-') ? of : ''}`.trim(),
        runsAs: draft.runsAs,
        runsOn: draft.runsOn,
        hasUnseenArguments: parsed.command.appends,
        positional: /^(?:ba)?sh$/.test(draft.tool) ? argumentsOf(parsed) : undefined,
        stdin: 'inherit',
      });
      return;
    case 'code':
      draft.effect('execute-code', `${draft.called} runs ${role.language} code`);
      draft.code.push({
        language: role.language,
        text: word.kind === 'known' ? word.value : undefined,
        why: `${draft.called} ${of}`,
      });
      return;
    case 'script':
      if (isDash) {
        draft.stdin = 'code';
        draft.stdinLanguage = role.language;
      } else {
        draft.path('execute', word, accessWhy.execute);
        draft.path('read', word, accessWhy.read);
      }
      draft.effect(
        'execute-code',
        `${draft.called} runs ${isDash ? 'what it reads from stdin' : `a ${role.language} file`}`,
      );
      draft.code.push({ language: role.language, text: undefined, why: `${draft.called} runs ${word.raw}` });
      return;
    case 'program':
      pieces.programs ??= new Map();
      pieces.programs.set(role.language, [...(pieces.programs.get(role.language) ?? []), word]);
      return;
    case 'program-file':
      draft.path('read', word, accessWhy.read);
      draft.effect('execute-code', `${draft.called} runs a program nobody has seen`);
      draft.code.push({ language: role.language, text: undefined, why: `${draft.called} ${of} ${word.raw}` });
      return;
    case 'sql':
      applySql(role.dialect, word, draft, readers);
      return;
    case 'pair':
      applyPair(assigned, parsed, draft, pieces, readers);
      return;
    case 'one-of':
      applyOneOf(role, word, of, draft);
      return;
    case 'text-without':
      applyTextWithout(role.words, word, of, draft);
      return;
    case 'entry-without':
      applyTextWithout(role.words, word, of, draft);
      draft.entry(word);
      return;
    case 'opened-without':
      applyTextWithout(role.words, word, of, draft);
      draft.opened(word, false);
      return;
    case 'data-without':
      applyTextWithout(role.words, word, of, draft);
      applySent('data', word, draft);
      return;
    case 'path-without':
      // A word with a slash in front of it is a place, and counts where a path begins.
      if (role.words.every((each) => each.startsWith('/')))
        for (const each of role.words) applyBeginning(each, word, of, draft);
      else applyTextWithout(role.words, word, of, draft);
      applyPath(fileRole, assigned, isDash, parsed, draft);
      return;
    case 'path-write-without':
      applyTextWithout(role.words, word, of, draft);
      applyPath(writtenRole, assigned, isDash, parsed, draft);
      return;
    case 'pathspec-tree-without':
      if (asksForPath(word)) draft.effect('identity', asksByName);
      applyTextWithout(role.words, word, of, draft);
      applyPath(treeRole, assigned, isDash, parsed, draft);
      return;
    case 'none-of':
    case 'each-of':
      if (!isOneOfThese(role, word)) {
        draft.unknownValue(word, of);
      }
      return;
    case 'visible-tree':
      draft.visibleTree(word);
      return;
    case 'path-list': {
      const listed = isDash && of === '--files0-from' ? namesOnStdin(draft.context) : undefined;
      if (listed !== undefined) {
        draft.path(
          'read',
          dynamicWord({ why: 'argument', prefix: '', raw: '-', span: word.span, below: listed }),
          accessWhy.read,
        );
        return;
      }
      draft.unknown('TOOL_VALUE_UNKNOWN', `${draft.called} ${of}: nobody has seen which files ${word.raw} names`, word);
      applyPath(fileRole, assigned, isDash, parsed, draft);
      return;
    }
    case 'path-not-at':
    case 'tree-not-at':
    case 'path-change-not-at':
    case 'path-change-not-top':
    case 'path-not-plus':
      for (const sign of signs[role.kind] ?? ['@']) applyBeginning(sign, word, of, draft);
      applyPath(behindSign[role.kind], assigned, isDash, parsed, draft);
      return;
    case 'path-named':
      if (word.kind === 'dynamic')
        draft.unknown('TOOL_VALUE_UNKNOWN', `${draft.called} reads the files that ${word.raw} names`, word);
      applyPath(fileRole, assigned, isDash, parsed, draft);
      return;
    case 'slot':
    case 'command':
    case 'command-until':
      draft.unknown('TOOL_DESCRIPTION_INCOMPLETE', `the description of ${draft.called} gives ${of} no role`, word);
  }
}

/** These print or compare their words; others may look whether a word is a file (`which`, `getconf`, `findmnt -T`). */
const lookers = /^(?!(?:echo|printf|expr|basename|dirname|e?grep|fgrep|rg|ag|tr|seq|date)$)/;

const mayBeLookedAt = (text: string, { tool }: Draft): boolean =>
  leadsAway(text) && text.length > '/net/'.length && lookers.test(tool);

const argumentsOf = ({ assigned }: Parsed): readonly Word[] =>
  assigned.filter(({ of }) => of === 'arguments').map(({ word }) => word);

function applyPath(
  role: Extract<Role, { kind: 'path' }>,
  { word, of }: Pick<Assigned, 'word' | 'of'>,
  isDash: boolean,
  parsed: Parsed,
  draft: Draft,
): void {
  const isWritten = role.access.some((access) => access !== 'read');
  if (isDash && (isWritten ? parsed.command.dashIsStream : parsed.command.stdin !== 'none')) return;
  // Some of those that read no stdin of their own know this name for it.
  if (isDash && !isWritten && draft.stdin === 'unused') draft.stdin = 'data';
  const from = draft.paths.length;
  for (const access of role.access) draft.path(access, word, `${draft.called} ${accessWhy[access]}`, role.isTree);
  // What is added as written in the directory itself is so somewhere below it.
  if (role.isDeep === true || (of === 'itself' && word.kind === 'known' && word.value === '.')) draft.deepen(from);
}

function isFollowed({ command: { follows }, given }: Parsed): boolean {
  return follows === 'always' || follows.some((option) => given.has(option));
}

function applyPlace(prefix: 'host' | 'container' | 'pod', word: Word, draft: Draft): void {
  const text = textOf(word);
  if (prefix === 'host') {
    draft.host(word, 'connect', text.includes('://'));
    const at = text.lastIndexOf('@');
    if (at > 0) draft.runsAs = text.slice(0, at).replace(/^ssh:\/\//, '');
    draft.runsOn = word.kind === 'known' ? text.slice(at + 1) : notKnown;
  } else draft.runsOn = word.kind === 'known' ? `${prefix} ${text}` : `${prefix} ${notKnown}`;
}

function applySql(dialect: 'postgresql' | 'mysql' | 'sqlite', word: Word, draft: Draft, readers: ProgramReaders): void {
  if (word.kind === 'dynamic') {
    draft.unknown('TOOL_PROGRAM_DYNAMIC', `${draft.called}: the SQL is not known before it runs`, word);
    draft.effect('execute-code', `${draft.called} runs SQL nobody has seen`);
    draft.code.push({ language: 'sql', text: undefined, why: draft.tool });
    return;
  }
  draft.program(
    readers.sql(word.value, { dialect, source: 'argument', path: (access, text) => draft.pathText(access, text) }),
  );
}

function applyPair(assigned: Assigned, parsed: Parsed, draft: Draft, pieces: Pieces, readers: ProgramReaders): void {
  const { word } = assigned;
  const text = textOf(word);
  const equals = text.indexOf('=');
  const name = equals < 0 ? '' : text.slice(0, equals);
  const role = parsed.command.pairs.get(name);
  if (role === undefined) {
    draft.unexpected(word);
    return;
  }
  applyRole({ role, word: tail(word, equals + 1), of: name }, parsed, draft, pieces, readers);
}

function applyOneOf(role: Extract<Role, { kind: 'one-of' }>, word: Word, of: string, draft: Draft): void {
  if (isOneOf(role, word) || role.starts.some((start) => textOf(word).startsWith(start))) return;
  draft.unknownValue(word, of);
}
