import { readAddress } from '../access/networks.js';

/** Longer than any name of a program that is one. What is cut could be half a secret, so it is left out whole. */
const PROGRAM_LENGTH_MAX = 40;
/** A product of RFC 9110, 10.1.5, without its version. */
const PRODUCT = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+/;

/**
 * The block of addresses that a caller comes from: /24 of IPv4, /48 of IPv6, which is what one site gets (RFC 6177). Whole
 * addresses of people are not kept for watching. Empty where the text is no address.
 */
export function callerNetwork(address: string): string {
  const parsed = readAddress(address);
  if (parsed === null) return '';
  const { family, value } = parsed;
  if (family === 4) return `${value >> 24n}.${(value >> 16n) & 255n}.${(value >> 8n) & 255n}.0/24`;
  const part = (shift: bigint): string => ((value >> shift) & 0xffffn).toString(16);
  return `${part(112n)}:${part(96n)}:${part(80n)}::/48`;
}

/** The first product of a User-Agent, without its version: an update is no new program. Empty where there is none, or where it could be a token. */
export function callerProgram(userAgent: string | undefined): string {
  const product = PRODUCT.exec(userAgent ?? '')?.[0] ?? '';
  if (product.length > PROGRAM_LENGTH_MAX || product.includes('_live_') || product.includes('_test_')) return '';
  return product;
}
