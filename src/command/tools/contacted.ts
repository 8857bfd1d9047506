/** Whom a word of a tool leads to. */
import type { HostObject, Word } from '../model.ts';
import { classifyHost, readUrl } from '../network.ts';
import { textOf } from './word.ts';

/** SPEC: https://curl.se/docs/manpage.html, PROTOCOLS, and "guess" for a URL without one. */
const otherProtocol =
  /^(?:(?:dict|gophers?|imaps?|ip[fn]s|ldaps?|mqtts?|pop3s?|rtmp\w*|rtsps?|scp|sftp|smbs?|smtps?|telnet|tftp):|(?:dict|imap|ldap|pop3|smtp)\.)/i;

export interface Contact {
  readonly host: HostObject;
  /** HOSTILE: `dict://localhost:6379/flushall` speaks to a server of any kind, and so does `dict.localhost`, by curl's guess. */
  readonly mayBeNoPage: boolean;
  readonly hasCredentials: boolean;
}

export function contactOf(word: Word, direction: HostObject['direction'], isUrl: boolean): Contact {
  const text = textOf(word);
  const url = isUrl ? readUrl(text) : undefined;
  const { host, port, scope } = url ?? classifyHost(text);
  // `http://host/$x` still names its host; `http://ho$x` does not.
  const isNamed = word.kind === 'known' || (isUrl && /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\\]+[/?#]/i.test(text));
  const where = isNamed ? { host, port, scope } : ({ host: '', port: undefined, scope: 'unknown' } as const);
  if (url === undefined)
    return { host: { ...where, direction, urlPath: undefined }, mayBeNoPage: false, hasCredentials: false };
  const urlPath = word.kind === 'known' ? url.rest.replace(/#.*$/s, '') || '/' : '';
  return {
    host: { ...where, direction, urlPath },
    mayBeNoPage: otherProtocol.test(text),
    hasCredentials: url.hasCredentials && !url.scheme.endsWith('ssh'),
  };
}

/** A name in a word that may or may not be a host's. */
export function possibleHost(name: string): HostObject {
  return { ...classifyHost(name), direction: 'connect', isPossible: true };
}
