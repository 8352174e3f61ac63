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
  return NOT_PUBLIC.some(({ family, first, last }) => family === read.family && first <= read.value && read.value <= last);
}
