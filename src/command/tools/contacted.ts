/** Whom a word of a tool leads to. */
import type { HostObject, Word } from '../model.ts';
import { classifyHost, readUrl } from '../network.ts';
import { textOf } from './word.ts';

/** SPEC: https://curl.se/docs/manpage.html, PROTOCOLS, and "guess" for a URL without one. */
const otherProtocol =
  /^(?:(?:dict|gophers?|imaps?|ip[fn]s|ldaps?|mqtts?|pop3s?|rtmp\w*|rtsps?|scp|sftp|smbs?|smtps?|telnet|tftp):|(?:dict|imap|ldap|pop3|smtp)\.)/i;

export interface UrlFacts {
  /** HOSTILE: `dict://localhost:6379/flushall` speaks to a server of any kind, and so does `dict.localhost`, by curl's guess. */
  readonly mayNotBePage: boolean;
  readonly hasCredentials: boolean;
}

/** What only a URL has; undefined when the word is none. */
export function urlFacts(word: Word, isUrl: boolean): UrlFacts | undefined {
  if (!isUrl) return undefined;
  const text = textOf(word);
  const { hasCredentials, scheme } = readUrl(text);
  return { mayNotBePage: otherProtocol.test(text), hasCredentials: hasCredentials && !scheme.endsWith('ssh') };
}

export function hostOf(word: Word, direction: HostObject['direction'], isUrl: boolean): HostObject {
  const text = textOf(word);
  const url = isUrl ? readUrl(text) : undefined;
  const { host, port, scope } = url ?? classifyHost(text);
  const urlPath = url === undefined ? undefined : url.rest.replace(/#.*$/s, '') || '/';
  if (word.kind === 'known') return { host, port, scope, direction, urlPath };
  // `http://host/$x` still names its host; `http://ho$x` does not.
  const isNamed = isUrl && /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\\]+[/?#]/i.test(text);
  const where = isNamed ? { host, port, scope } : ({ host: '', port: undefined, scope: 'unknown' } as const);
  return { ...where, direction, urlPath: urlPath === undefined ? undefined : '' };
}

/** A name in a word that may or may not be a host's. */
export function possibleHost(name: string): HostObject {
  return { ...classifyHost(name), direction: 'connect', isPossible: true };
}
