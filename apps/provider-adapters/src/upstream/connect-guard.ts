import { type LookupAddress, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { mayReach, type Network } from '@tollgate/policy';
import { buildConnector } from 'undici';

/** The upstream's name leads to an address that is not public, which no administrator has allowed for this provider. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError';
  readonly code = 'TOLLGATE_PRIVATE_ADDRESS';
  constructor(host: string, address: string) {
    super(`${host} leads to ${address}, which is not a public address`);
  }
}

export interface GuardSettings {
  readonly connectMsMax: number;
  /** Not public, and allowed all the same. */
  readonly allowed: readonly Network[];
  /** Asks the name server; the system's own where it is not said. */
  readonly resolve?: typeof lookup;
}

/**
 * Looks a name up and refuses it where any of its addresses may not be reached. The socket connects to the very addresses that
 * were checked, so that a second answer of the name server (rebinding) is never asked for.
 */
export function guardedLookup({ allowed, resolve = lookup }: Omit<GuardSettings, 'connectMsMax'>): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const refused = addresses.find((entry: LookupAddress) => !mayReach(entry.address, allowed));
      if (refused !== undefined) return callback(new PrivateAddressError(hostname, refused.address), '', 0);
      const [first] = addresses;
      // Node's net module takes an empty list for a list.
      if (first === undefined) return callback(new Error(`${hostname} has no address`), '', 0);
      if (options.all === true) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}

/** A connector that reaches public and allowed addresses alone. A host that is an address needs no look-up, so it is checked before the connect. */
export function guardedConnector(settings: GuardSettings): buildConnector.connector {
  const connect = buildConnector({ allowH2: false, timeout: settings.connectMsMax, lookup: guardedLookup(settings) });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(host) !== 0 && !mayReach(host, settings.allowed)) {
      queueMicrotask(() => callback(new PrivateAddressError(options.hostname, host), null));
      return;
    }
    connect(options, callback);
  };
}
