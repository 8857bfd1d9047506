/**
 * Says where a host word leads: public, private, loopback, link-local or a cloud's metadata service.
 *
 * HOSTILE: the word is chosen by the agent, and clients accept many spellings of one address: decimal, hexadecimal,
 * octal and short IPv4, IPv4 inside IPv6, names that resolve to the address they contain. Each is reduced to the address
 * before it is classified. A name that only DNS could resolve is `public`: rules about private networks must not rely on
 * names, and no lookup is made here.
 *
 * INVARIANT: a spelling that some resolver reads as a private, loopback, link-local or metadata address is never
 * `public`; what cannot be read is `unknown`.
 */
import { domainToASCII } from 'node:url';
import type { HostObject } from './model.ts';

export type HostScope = HostObject['scope'];

export interface HostReading {
  /**
   * Lower case, as it is looked up (`xn--`), without brackets, trailing dot, zone or credentials; empty when there is none,
   * or nobody can say which it is.
   */
  readonly host: string;
  readonly port: number | undefined;
  readonly scope: HostScope;
}

export interface UrlReading extends HostReading {
  /** Lower case, without the colon; empty when the text has none (`curl example.org/x`). */
  readonly scheme: string;
  /** `user` or `user:password` stands before the host. */
  readonly hasCredentials: boolean;
  /** Path, query and fragment as written. */
  readonly rest: string;
}

const maxHostLength = 253;

/** Names of metadata services; addresses are in `metadataAddresses`. */
const metadataNames = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.azure.com',
  'metadata.packet.net',
  'metadata.platformequinix.com',
  'metadata.tencentyun.com',
  'metadata.oraclecloud.com',
  'metadata.service.consul',
  'instance-data',
  'instance-data.ec2.internal',
  'rancher-metadata',
]);

/** AWS, GCP, Azure, DigitalOcean, OpenStack, ECS tasks and pods, Alibaba, Oracle, Azure wire server, Tencent. */
const metadataAddresses = new Set([
  '169.254.169.254',
  '169.254.169.253',
  '169.254.169.123',
  '169.254.170.2',
  '169.254.170.23',
  '169.254.0.23',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
]);
/** fd00:ec2::/32 is where AWS puts its services (metadata ::254, pods ::23); fd20:ce::254 is Google's. */
const metadataPrefixes6: readonly (readonly [prefix: readonly number[], exact: boolean])[] = [
  [[0xfd00, 0x0ec2], false],
  [[0xfd20, 0x00ce], false],
  [[0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe], true],
];

/** Zones that answer with the address written in the name (`10.0.0.1.nip.io`, `a-10-0-0-1.sslip.io`, `7f000001.nip.io`). */
const echoingZones = [
  'nip.io',
  'sslip.io',
  'xip.io',
  'xip.name',
  'traefik.me',
  'localtest.me',
  'lvh.me',
  'vcap.me',
  'lacolhost.com',
  'localho.st',
  'local.gd',
  'backname.io',
  'ip6.name',
  '1u.ms',
  'rbndr.us',
  'nip.link',
  'ip.addr.tools',
  'getaddr.at',
];
const loopbackNames = /^(?:(?:.*\.)?localhost|(?:.*\.)?localdomain|ip6-localhost|ip6-loopback|localhost[46])$/;
/** Suffixes that never leave the site (RFC 6762, RFC 8375, private-use `internal`, cluster names). */
const privateNames = /\.(?:local|internal|intranet|lan|home|corp|private|localnet|home\.arpa|svc)$/;

/** A host word without scheme or path: `name`, `name:port`, `[v6]:port`, `v6`, `user@name:port`. */
export function classifyHost(text: string): HostReading {
  let authority = text.trim();
  const at = authority.lastIndexOf('@');
  if (at >= 0) authority = authority.slice(at + 1);
  let port: number | undefined;
  const bracketed = /^\[([^\]]*)\](?::(\d{0,5}))?$/.exec(authority);
  if (bracketed !== null) {
    return { host: hostText(bracketed[1] ?? ''), port: readPort(bracketed[2]), scope: scopeOf6(bracketed[1] ?? '') };
  }
  const colon = authority.indexOf(':');
  if (colon >= 0 && colon === authority.lastIndexOf(':')) {
    const digits = authority.slice(colon + 1);
    if (!/^\d{0,5}$/.test(digits))
      return { host: hostText(authority.slice(0, colon)), port: undefined, scope: 'unknown' };
    port = readPort(digits);
    authority = authority.slice(0, colon);
  }
  const host = hostText(authority);
  if (!host.includes(':')) return { host, port, scope: scopeOfName(host) };
  const scope = scopeOf6(host);
  // Several hosts and ports in one word, or a URL: whichever host a rule names may be in it.
  return { host: readIpv6(host) === undefined ? '' : host, port, scope };
}

/** Of other schemes a client's settings say it (ssh), or more than one belongs to them (ftp). */
const defaultPorts: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['https', 443],
]);

/**
 * A URL, or a word that clients read as one (`example.org/path`). Clients disagree about backslashes, spaces, control
 * characters and several `@`: those are read as the strictest, `unknown`.
 */
export function readUrl(text: string): UrlReading {
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?([^/?#]*)(.*)$/s.exec(text);
  const scheme = (match?.[1] ?? '').toLowerCase();
  const authority = match?.[2] ?? '';
  const rest = match?.[3] ?? '';
  const hasCredentials = authority.includes('@');
  const reading = classifyHost(authority);
  const isOdd = /[\\\s%{}\p{Cc}\p{Cf}]/u.test(authority) || authority.indexOf('@') !== authority.lastIndexOf('@');
  // `http:///example.org` names a host for some clients and none for others; `http:x` is read by some as `http://x`.
  const isHostless = reading.host === '' && scheme !== 'file';
  const isHalfUrl = scheme === '' && /^(?:https?|ftps?|wss?):/i.test(text);
  // curl reads the addresses of what begins so from a file.
  if (text.startsWith('@')) return { host: '', port: undefined, scope: 'unknown', scheme, hasCredentials, rest };
  const { host } = reading;
  const isUnclear = isOdd || isHostless || isHalfUrl;
  const port = reading.port ?? (isUnclear || /:\d+$/.test(authority) ? undefined : defaultPorts.get(scheme));
  const scope = isUnclear ? 'unknown' : reading.scope;
  return { host, port, scope, scheme, hasCredentials, rest };
}

function hostText(text: string): string {
  const zone = text.indexOf('%');
  const host = asLookedUp(zone >= 0 && text.includes(':') ? text.slice(0, zone) : text).toLowerCase();
  return host.endsWith('.') ? host.slice(0, -1) : host;
}

const isAscii = /^[\0-\x7f]*$/;
/** Clients disagree whether these are mapped, kept or dropped. */
const readDifferently = /[\u00df\u1e9e\u03c2\u200c\u200d]/;

/** IDNA maps full-width letters, digits in circles and other dots to ASCII before the lookup, and rules are in ASCII. */
function asLookedUp(host: string): string {
  if (isAscii.test(host)) return host;
  return readDifferently.test(host) ? '' : domainToASCII(host);
}

function readPort(digits: string | undefined): number | undefined {
  if (digits === undefined || digits === '') return undefined;
  const port = Number(digits);
  return port <= 65_535 ? port : undefined;
}

function scopeOfName(name: string): HostScope {
  if (name === '' || name.length > maxHostLength || !/^[a-z0-9._-]+$/.test(name)) return 'unknown';
  const addresses = readIpv4(name);
  if (addresses.length > 0) return strictest(addresses.map(scopeOf4));
  // The last label of a name is never a number (RFC 3696 section 2), so this is an address nobody can read.
  if (/(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(name)) return 'unknown';
  if (metadataNames.has(name) || name.endsWith('.metadata.google.internal')) return 'metadata';
  if (loopbackNames.test(name)) return 'loopback';
  const zone = echoingZones.find((suffix) => name === suffix || name.endsWith(`.${suffix}`));
  if (zone !== undefined) return scopeOfEcho(name.slice(0, -zone.length));
  if (privateNames.test(name) || !name.includes('.')) return 'private';
  return 'public';
}

/**
 * The strictest of every address hidden in the labels. HOSTILE: the zone itself is a public host, some of these answer with
 * another address each time, and some show everybody what they were asked: nothing else counts as near.
 */
function scopeOfEcho(labels: string): HostScope {
  const found: HostScope[] = [];
  for (const match of labels.matchAll(/(?<![0-9])(?=(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})(?![0-9]))/g)) {
    found.push(...readIpv4([match[1], match[2], match[3], match[4]].map(Number).join('.')).map(scopeOf4));
  }
  for (const match of labels.matchAll(/(?:^|[.-])([0-9a-f]{8})(?=[.-]|$)/g)) {
    found.push(scopeOf4(Number.parseInt(match[1] ?? '', 16)));
  }
  for (const label of labels.split('.')) {
    if (/^[0-9a-f]{0,4}(?:-[0-9a-f]{0,4}){2,7}$/.test(label)) found.push(scopeOf6(label.replaceAll('-', ':')));
  }
  const scope = found.length === 0 ? 'unknown' : strictest(found);
  return scope === 'loopback' || scope === 'private' ? 'unknown' : scope;
}

const strictnessOfScope: readonly HostScope[] = ['metadata', 'link-local', 'loopback', 'private', 'unknown', 'public'];

function strictest(scopes: readonly HostScope[]): HostScope {
  return strictnessOfScope.find((scope) => scopes.includes(scope)) ?? 'unknown';
}

/**
 * As inet_aton reads it: one to four parts, each decimal, octal (leading 0) or hexadecimal. Resolvers disagree about a
 * leading 0, so such a text has two readings; a text that is no address has none.
 */
function readIpv4(text: string): readonly number[] {
  const parts = text.split('.');
  if (parts.length > 4 || !parts.every((part) => /^(?:0x[0-9a-f]*|\d+)$/.test(part))) return [];
  const octal = parts.map((part) => {
    if (part.startsWith('0x')) return part === '0x' ? 0 : Number.parseInt(part.slice(2), 16);
    return part.length > 1 && part.startsWith('0') && !/[89]/.test(part) ? Number.parseInt(part, 8) : Number(part);
  });
  const decimal = octal.map((value, i) => (parts[i]?.startsWith('0x') === true ? value : Number(parts[i])));
  return [octal, decimal].map(joinIpv4).filter((address) => address !== undefined);
}

function joinIpv4(parts: readonly number[]): number | undefined {
  const last = parts.at(-1) ?? Number.NaN;
  const leading = parts.slice(0, -1);
  if (leading.some((value) => !(value <= 255)) || !(last < 256 ** (4 - leading.length))) return undefined;
  return leading.reduce((sum, value, i) => sum + value * 256 ** (3 - i), last);
}

function scopeOf4(address: number): HostScope {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256);
  const [a = 0, b = 0] = octets;
  if (metadataAddresses.has(octets.join('.'))) return 'metadata';
  // 0.0.0.0/8 reaches the machine itself on Linux.
  if (a === 127 || a === 0) return 'loopback';
  if (a === 169 && b === 254) return 'link-local';
  if (a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168)) return 'private';
  // RFC 6598 shared space, RFC 2544 benchmarks, IETF assignments: never the public internet.
  if ((a === 100 && b >= 64 && b <= 127) || (a === 198 && (b === 18 || b === 19))) return 'private';
  if (a === 192 && b === 0 && octets[2] === 0) return 'private';
  return a >= 224 ? 'unknown' : 'public';
}

function scopeOf6(written: string): HostScope {
  const words = readIpv6(hostText(written));
  if (words === undefined) return 'unknown';
  const isMetadata = metadataPrefixes6.some(
    ([prefix, exact]) => (!exact || prefix.length === 8) && prefix.every((word, i) => words[i] === word),
  );
  if (isMetadata) return 'metadata';
  const inner = ipv4Inside(words);
  if (inner !== undefined) return scopeOf4(inner);
  const first = words[0] ?? 0;
  if (words.slice(0, 7).every((word) => word === 0)) return 'loopback';
  if ((first & 0xffc0) === 0xfe80) return 'link-local';
  if ((first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfec0) return 'private';
  return (first & 0xff00) === 0xff00 ? 'unknown' : 'public';
}

/** IPv4-mapped, -compatible, -translated, NAT64 (RFC 6052), 6to4 and ISATAP addresses lead to the IPv4 address inside. */
function ipv4Inside(words: readonly number[]): number | undefined {
  const low = (words[6] ?? 0) * 65_536 + (words[7] ?? 0);
  const high = words.slice(0, 6);
  const startsWith = (...prefix: number[]) => prefix.every((word, i) => high[i] === word);
  if (startsWith(0, 0, 0, 0, 0, 0xffff) || startsWith(0, 0, 0, 0, 0xffff, 0)) return low;
  if (startsWith(0, 0, 0, 0, 0, 0)) return low > 1 ? low : undefined;
  if (startsWith(0x64, 0xff9b)) return low;
  if (startsWith(0x2002)) return (words[1] ?? 0) * 65_536 + (words[2] ?? 0);
  return words[5] === 0x5efe ? low : undefined;
}

function readIpv6(text: string): readonly number[] | undefined {
  if (!/^[0-9a-f:.]+$/.test(text) || text.length > 45) return undefined;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted !== null) {
    const address = joinIpv4((dotted[2] ?? '').split('.').map(Number));
    if (address === undefined) return undefined;
    const hex = `${Math.floor(address / 65_536).toString(16)}:${(address % 65_536).toString(16)}`;
    return readIpv6(`${dotted[1] ?? ''}${hex}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined;
  return groups.map((group) => Number.parseInt(group, 16));
}
