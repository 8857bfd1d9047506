/**
 * Hosts and addresses of a policy: `api.example.com`, `*.example.com`, `10.0.0.0/8`, `fd00::/8`.
 *
 * A network matches addresses only. An address that is spelled unusually (hex, octal, one number) is not parsed here:
 * it may be any address, so it matches every network of a deny and none of an allow.
 */
import type { HostObject } from '../command/model.ts';
import { compileName } from './argv-pattern.ts';
import { type Certainty, certain, no, plausible } from './certainty.ts';
import { alternatives, compileGlob } from './glob.ts';

export type HostPattern = (host: HostObject) => Certainty;

/**
 * Undefined when the text is neither a name nor an address nor a network. `isExact`: for an allow rule a star at the end
 * (`db-*`) is no other domain, `db-1.evil.net`.
 */
export function compileHost(written: string, isExact: boolean): HostPattern | undefined {
  const text = written.replace(/\.$/, '');
  const slash = text.indexOf('/');
  const network = slash === -1 ? undefined : compileNetwork(text.slice(0, slash), text.slice(slash + 1));
  if (slash !== -1) return network;
  const single = parseAddress(text);
  if (single !== undefined) return compileNetwork(text, text.includes(':') ? '128' : '32');
  if (!/^[a-z0-9*{][a-z0-9.*{},_-]*$/.test(text)) return undefined;
  const matches = compileName(text);
  if (matches === undefined) return undefined;
  const isWithin = isExact ? staysInDomain(text) : () => true;
  const isLocal = !isExact && text === 'localhost';
  return ({ host, scope }) => {
    if (host === '') return plausible;
    const name = host.endsWith('.') ? host.slice(0, -1) : host;
    if (matches(name) && isWithin(name)) return certain;
    return isLocal && scope === 'loopback' ? plausible : no;
  };
}

/** No dot in what a star at the end stands for. */
function staysInDomain(text: string): (name: string) => boolean {
  const forms = text === '*' ? undefined : alternatives(text);
  const matchers = forms?.map((form) => {
    const matches = compileName(form) ?? (() => false);
    const pieces = form.split(/\*+/);
    const before = pieces.at(-1) === '' ? pieces.at(-2) : undefined;
    if (before === undefined) return matches;
    const isOnly = pieces.length === 2;
    const starOf = (name: string) => name.slice((isOnly ? 0 : name.lastIndexOf(before)) + before.length);
    return (name: string) => matches(name) && !starOf(name).includes('.');
  });
  return (name) => matchers?.some((matches) => matches(name)) ?? true;
}

/** What is wrong with a pattern that is well formed, and what to write; undefined when it says what it looks like. */
export function misleadingHost(text: string): { readonly message: string; readonly fix: string } | undefined {
  if (/^\d+\.[\d.*]*\*[\d.*]*$/.test(text))
    return {
      message: `\`${text}\` is a pattern of names, and addresses have other spellings`,
      fix: 'a network, for example `10.0.0.0/24`',
    };
  if (/\/0$/.test(text)) return { message: `\`${text}\` is every address and no name`, fix: '`"*"` is every host' };
  return undefined;
}

/** Nothing in it that a client or a server may read as something else. */
const plainUrlPath = /^\/(?:(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~@:+=,-]+(?:\/(?!\/)|$))*$/;

/**
 * The path of a URL, a glob over its segments: `/api/**`; with `?*` at its end also with whatever is asked behind a `?`.
 *
 * HOSTILE: `/health/../shutdown` and `/%73hutdown` are the same page to a server. What is not plain fits no pattern surely,
 * and may fit every one.
 */
export function compileUrlPath(text: string): ((urlPath: string) => Certainty) | undefined {
  const isAnyQuery = text.endsWith('?*');
  const result = compileGlob(isAnyQuery ? text.slice(0, -2) : text);
  if (result.kind === 'bad' || !/^[/*]/.test(text)) return undefined;
  const { glob } = result;
  return (urlPath) => {
    const query = urlPath.indexOf('?');
    const path = query === -1 ? urlPath : urlPath.slice(0, query);
    if (!plainUrlPath.test(path)) return plausible;
    const bare = path === '/' ? path : path.replace(/\/$/, '');
    if (!glob.matches(path) && !glob.matches(bare)) return glob.matches(bare.toLowerCase()) ? plausible : no;
    return query === -1 || isAnyQuery ? certain : plausible;
  };
}

function compileNetwork(base: string, bitsText: string): HostPattern | undefined {
  const address = parseAddress(base);
  const width = base.includes(':') ? 128 : 32;
  const bits = /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : Number.NaN;
  if (address === undefined || !(bits <= width)) return undefined;
  const shift = BigInt(width - bits);
  return ({ host }) => {
    if (host === '') return plausible;
    const found = parseAddress(host.replace(/^\[|\]$/g, ''));
    if (found !== undefined) return found >> shift === address >> shift ? certain : no;
    return /^(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+))*$|:/.test(host) ? plausible : no;
  };
}

/** IPv4 as its IPv4-mapped IPv6 number, so that both spellings of one address are equal. */
export function parseAddress(text: string): bigint | undefined {
  const four = parseFour(text);
  if (four !== undefined) return 0xffff_0000_0000n | four;
  if (!text.includes(':') || !/^[0-9a-f:.]+$/.test(text)) return undefined;
  const last = text.slice(text.lastIndexOf(':') + 1);
  const tail = last.includes('.') ? parseFour(last) : undefined;
  if (last.includes('.') && tail === undefined) return undefined;
  const plain =
    tail === undefined
      ? text
      : `${text.slice(0, -last.length)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  const halves = plain.split('::');
  const [left = [], right = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - left.length - right.length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined;
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function parseFour(text: string): bigint | undefined {
  const parts = text.split('.');
  const isPlain = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return isPlain ? parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n) : undefined;
}
