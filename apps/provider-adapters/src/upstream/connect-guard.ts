import { type LookupAddress, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isPrivateAddress } from '@tollgate/policy';
import { buildConnector } from 'undici';

/** The upstream's name leads to an address that is not public, which no administrator has allowed for this provider. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError';
  readonly code = 'TOLLGATE_PRIVATE_ADDRESS';
  constructor(host: string, address: string) {
    super(`${host} leads to ${address}, which is not a public address`);
  }
}

/**
 * Looks a name up and refuses it where any of its addresses is not public. The socket connects to the very addresses that
 * were checked, so that a second answer of the name server (rebinding) is never asked for.
 */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0);
    const refused = addresses.find((entry: LookupAddress) => isPrivateAddress(entry.address));
    if (refused !== undefined) return callback(new PrivateAddressError(hostname, refused.address), '', 0);
    const [first] = addresses;
    if (options.all === true || first === undefined) return callback(null, addresses);
    callback(null, first.address, first.family);
  });
};

/** A connector for public upstreams. A host that is an address needs no look-up, so it is checked before the connect. */
export function guardedConnector(timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ allowH2: false, timeout: timeoutMs, lookup: guardedLookup });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(host) !== 0 && isPrivateAddress(host)) {
      queueMicrotask(() => callback(new PrivateAddressError(options.hostname, host), null));
      return;
    }
    connect(options, callback);
  };
}
