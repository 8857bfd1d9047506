/**
 * The name of a PostgreSQL database, which may be a connection of its own: `postgresql://reader@10.0.0.5/shop`,
 * `host=10.0.0.5 dbname=shop`.
 *
 * HOSTILE: a connection may name several servers, a file with passwords or certificates, a service of a file, or options
 * of the session. INVARIANT: only words whose every piece is described here are understood, and of these each host is
 * told; a name that is not known before it runs could be any connection.
 *
 * SPEC: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
 */
import type { Word } from '../model.ts';
import type { Draft } from './draft.ts';

const plainName = /^[\w.-]+$/;
/** No password, nothing written with `%`, and one host. */
const uri = /^postgres(?:ql)?:\/\/(?:[\w.-]+@)?([A-Za-z0-9.-]*)(?::\d+)?(?:\/[\w.-]*)?(?:\?([\w.=&-]+))?$/;
const setting = /^(?:(?:connect_timeout|sslmode|application_name)=[\w.-]+)$/;
const keyword = /^(?:(?:dbname|user|port|connect_timeout|sslmode|application_name)=[\w.-]+|host=([A-Za-z0-9.-]+))$/;

export function applyConnection(word: Word, draft: Draft): void {
  const hosts = word.kind === 'known' ? hostsOf(word.value) : undefined;
  if (hosts === undefined) {
    draft.unexpected(word);
    return;
  }
  for (const value of hosts) draft.host({ kind: 'known', value, raw: value, span: word.span }, 'connect', false);
}

function hostsOf(text: string): readonly string[] | undefined {
  if (plainName.test(text)) return [];
  const [, host, settings] = uri.exec(text) ?? [];
  if (host !== undefined) {
    const areKnown = settings === undefined || settings.split('&').every((each) => setting.test(each));
    return areKnown ? [host].filter((each) => each !== '') : undefined;
  }
  const pieces = text.split(' ').filter((piece) => piece !== '');
  if (pieces.length === 0 || !pieces.every((piece) => keyword.test(piece))) return undefined;
  return pieces.flatMap((piece) => keyword.exec(piece)?.[1] ?? []);
}
