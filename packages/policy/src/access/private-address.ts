import { type Network, readAddress, readNetwork } from './networks.js';

export const networksOf = (texts: readonly string[]): readonly Network[] =>
  texts.map((text) => {
    const read = readNetwork(text);
    if (!read.ok) throw new Error(`${text}: ${read.problem}`);
    return read.network;
  });

/**
 * Addresses that are not on the public internet, with the RFCs that say so
 * (https://www.iana.org/assignments/iana-ipv4-special-registry/).
 */
const NOT_PUBLIC_V4 = networksOf([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  // Link-local, and with it the metadata services of the clouds (169.254.169.254).
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  // Relays of 6to4, withdrawn (RFC 7526).
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);

/** All that is handed out for the public internet (https://www.iana.org/assignments/ipv6-address-space/). */
const GLOBAL_UNICAST = networksOf(['2000::/3']);

/** What of it is not (https://www.iana.org/assignments/iana-ipv6-special-registry/). */
const NOT_PUBLIC_V6 = networksOf([
  // Protocol assignments, and with them Teredo, which carries a v4 address.
  '2001::/23',
  '2001:db8::/32',
  // 6to4, which carries a v4 address.
  '2002::/16',
  '3fff::/20',
]);

/** True for loopback, private, link-local, multicast and reserved addresses, for IPv4 written as IPv6, and for what is no address at all. */
export function isPrivateAddress(address: string): boolean {
  const read = readAddress(address);
  if (read === null || (read.family === 4 && address.includes(':'))) return true;
  if (read.family === 4) return isIn(NOT_PUBLIC_V4, read);
  // Of a network that has no v4 of its own every public name leads there: what counts is where it is translated to.
  if (read.value >> 32n === TRANSLATED) return isIn(NOT_PUBLIC_V4, { family: 4, value: read.value & 0xffff_ffffn });
  return !isIn(GLOBAL_UNICAST, read) || isIn(NOT_PUBLIC_V6, read) || isIsatap(read.value);
}

/** 64:ff9b::/96, which translators turn into the v4 address in its last four bytes (RFC 6052). */
const TRANSLATED = 0x64_ff9bn << 64n;

/** `::0:5efe:a.b.c.d` or `::200:5efe:a.b.c.d` under any prefix: a tunnel to that v4 address (RFC 5214, 6.1). */
const isIsatap = (value: bigint): boolean => ((value >> 32n) & 0xfdff_ffffn) === 0x5efen;

export const isIn = (networks: readonly Network[], { family, value }: { readonly family: 4 | 6; readonly value: bigint }) =>
  networks.some((network) => network.family === family && network.first <= value && value <= network.last);
