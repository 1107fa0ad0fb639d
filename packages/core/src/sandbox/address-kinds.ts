import { BlockList, isIP } from 'node:net';

/**
 * `public`: anybody's. `private`: of a company's network. `reserved`: this machine, its neighbours on the wire, services
 * that hand out the credentials of a machine in a cloud, and what is no address of anybody.
 */
export type AddressKind = 'public' | 'private' | 'reserved';

type Subnet = readonly [network: string, prefix: number];

/**
 * Of IANA's registries of special-purpose addresses those that lead inwards, and the addresses by which clouds tell
 * machines about themselves. What is set aside for documents leads nowhere.
 */
const privateSubnets: readonly Subnet[] = [
  ...([
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['100.64.0.0', 10],
    ['198.18.0.0', 15],
    ['fc00::', 7],
  ] as const),
];
const reservedSubnets: readonly Subnet[] = [
  ...([
    ['0.0.0.0', 8],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['192.0.0.0', 24],
    ['224.0.0.0', 3],
    ['::', 96],
    ['64:ff9b::', 32],
    ['100::', 64],
    ['2001::', 23],
    ['2002::', 16],
    ['fe80::', 10],
    ['fec0::', 10],
    ['ff00::', 8],
  ] as const),
  // Metadata of machines at Alibaba, Azure and Amazon, in ranges that are not reserved otherwise.
  ...([
    ['100.100.100.200', 32],
    ['168.63.129.16', 32],
    ['fd00:ec2::254', 128],
  ] as const),
];

const [privateOnes, reservedOnes] = [listOf(privateSubnets), listOf(reservedSubnets)];

function listOf(subnets: readonly Subnet[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, familyOf(network));
  return list;
}

/** @param address - an IP address; anything else is `reserved` */
export function kindOfAddress(address: string): AddressKind {
  if (isIP(address) === 0) return 'reserved';
  const plain = withoutMapping(address);
  if (reservedOnes.check(plain, familyOf(plain))) return 'reserved';
  return privateOnes.check(plain, familyOf(plain)) ? 'private' : 'public';
}

/** An IPv4 address written as IPv6 (`::ffff:127.0.0.1`) is the IPv4 address. */
export function withoutMapping(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(canonical(address));
  return mapped?.[1] ?? address;
}

/** The URL parser writes an IPv6 address in its one short form, and a mapped one in hexadecimal groups. */
function canonical(address: string): string {
  if (isIP(address) !== 6 || address.includes('%')) return address;
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const groups = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (!groups) return short;
  const [high, low] = [groups[1], groups[2]].map((group) => Number.parseInt(group ?? '0', 16)) as [number, number];
  return `::ffff:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

export function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}
