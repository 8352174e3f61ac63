import { readAddress } from './networks.js';
import { isPrivateAddress } from './private-address.js';

/**
 * True where the URL itself says that it leads off the public internet: by an address, or by `localhost` (RFC 6761, 6.3). What
 * other names lead to is known only when they are looked up, at each connect. The URL parser has turned decimal, octal and short
 * forms of addresses into plain ones.
 */
export function isPrivateUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const host = new URL(text).hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  return readAddress(host) !== null && isPrivateAddress(host);
}
