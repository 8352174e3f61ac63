import { BlockList, isIP } from 'node:net';

/** Addresses that are not on the public internet, with the RFCs that say so (https://www.iana.org/assignments/iana-ipv4-special-registry/). */
const NOT_PUBLIC: readonly (readonly [address: string, bits: number, family: 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  // Link-local, and with it the metadata services of the clouds (169.254.169.254).
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  ['::', 128, 'ipv6'],
  ['::1', 128, 'ipv6'],
  // IPv4 in disguise: mapped, compatible and translated forms reach the same hosts; no provider publishes them.
  ['::ffff:0:0', 96, 'ipv6'],
  ['::', 96, 'ipv6'],
  ['64:ff9b:1::', 48, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
];

// One list per family: Node takes an IPv4 address for its mapped IPv6 form where a list holds both.
const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [address, bits, family] of NOT_PUBLIC) lists[family].addSubnet(address, bits, family);

/** True for loopback, private, link-local, multicast and reserved addresses, and for what is no address at all. */
export function isPrivateAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return true;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  return lists[family].check(address, family);
}
