/**
 * Which addresses an outgoing request may reach.
 *
 * Refuses whatever is not a public unicast address, and always the addresses clouds answer credentials on: a channel's
 * address comes from a file that fewer people watch than the network behind the bastion deserves.
 *
 * INVARIANT: an address this file cannot read is refused.
 */
import { BlockList, isIP } from 'node:net';

export type AddressKind = 'public' | 'private' | 'metadata';

/** SPEC: IANA special-purpose registries (RFC 6890 and updates), as [first address, prefix length]. */
const privateRanges4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const;
/** Link-local, and where AWS, Azure, Google, Alibaba and Oracle answer instances. */
const metadata4 = [
  ['169.254.0.0', 16],
  ['168.63.129.16', 32],
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
] as const;
const metadata6 = [
  ['fe80::', 10],
  ['fd00:ec2::', 32],
  ['fd20:ce::', 32],
] as const;
/** Inside 2000::/3, but tunnels with another address in them, or documentation. Outside of it nothing is public. */
const notUnicast6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

function listOf(family: 'ipv4' | 'ipv6', ranges: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family);
  return list;
}

const private4 = listOf('ipv4', privateRanges4);
const cloud4 = listOf('ipv4', metadata4);
const cloud6 = listOf('ipv6', metadata6);
const odd6 = listOf('ipv6', notUnicast6);
const unicast6 = listOf('ipv6', [['2000::', 3]]);

/** `address` without brackets. Forms that carry an IPv4 address (mapped, compatible, NAT64) count as that address. */
export function addressKind(address: string): AddressKind {
  const family = isIP(address);
  if (family === 4) return kindOf4(address);
  // A zone (`fe80::1%eth0`) only makes sense on a link.
  if (family !== 6 || address.includes('%')) return 'metadata';
  const inner = innerAddress(address);
  if (inner !== undefined) return kindOf4(inner);
  if (cloud6.check(address, 'ipv6')) return 'metadata';
  return unicast6.check(address, 'ipv6') && !odd6.check(address, 'ipv6') ? 'public' : 'private';
}

function kindOf4(address: string): AddressKind {
  if (cloud4.check(address, 'ipv4')) return 'metadata';
  return private4.check(address, 'ipv4') ? 'private' : 'public';
}

/** SPEC: RFC 4291 section 2.5.5, RFC 6052 section 2.1. */
function innerAddress(address: string): string | undefined {
  // The URL parser writes an address in its one canonical form, with hexadecimal groups only.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const match = /^(?:::(?:ffff:)?|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (match === null) return undefined;
  const [high, low] = [Number.parseInt(match[1] ?? '', 16), Number.parseInt(match[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
