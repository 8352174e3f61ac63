import { readAddress } from './networks.js';

const HOST_BITS = 64n;

/**
 * Whose address it may be: of IPv4 the address, of IPv6 the /64, of which one line alone has 2^64 addresses. A limit per address
 * counts by this, or whoever has a line would never meet it. A text that is no address stands for itself.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const read = readAddress(address);
  if (read === null) return address;
  if (read.family === 4) return [24n, 16n, 8n, 0n].map((shift) => (read.value >> shift) & 0xffn).join('.');
  const network = (read.value >> HOST_BITS).toString(16).padStart(16, '0');
  return `${(network.match(/.{4}/g) ?? []).join(':')}::/64`;
}
