import { type Network, readAddress, readNetwork } from './networks.js';

/** Addresses that are not on the public internet, with the RFCs that say so (https://www.iana.org/assignments/iana-ipv4-special-registry/). */
const NOT_PUBLIC = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  // Link-local, and with it the metadata services of the clouds (169.254.169.254).
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  // IPv4 in disguise: compatible and translated forms reach the same hosts; no provider publishes them.
  '::/96',
  '64:ff9b:1::/48',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
].map((text): Network => {
  const read = readNetwork(text);
  if (!read.ok) throw new Error(`${text}: ${read.problem}`);
  return read.network;
});

/** True for loopback, private, link-local, multicast and reserved addresses, for IPv4 written as IPv6, and for what is no address at all. */
export function isPrivateAddress(address: string): boolean {
  const read = readAddress(address);
  if (read === null || (read.family === 4 && address.includes(':'))) return true;
  // Of a network that has no v4 of its own every public name leads there: what counts is where it is translated to.
  if (read.family === 6 && read.value >> 32n === TRANSLATED) return isNotPublic(4, read.value & 0xffff_ffffn);
  return isNotPublic(read.family, read.value);
}

/** 64:ff9b::/96, which translators turn into the v4 address in its last four bytes (RFC 6052). */
const TRANSLATED = 0x64_ff9bn << 64n;

const isNotPublic = (family: 4 | 6, value: bigint): boolean =>
  NOT_PUBLIC.some((network) => network.family === family && network.first <= value && value <= network.last);
