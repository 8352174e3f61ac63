import { type LookupAddress, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { mayReach, type Network } from '@tollgate/policy';
import { Agent, buildConnector } from 'undici';

/** The receiver's name leads to an address that is not public and that no administrator has allowed. */
export class WebhookAddressError extends Error {
  override readonly name = 'WebhookAddressError';
  readonly code = 'TOLLGATE_WEBHOOK_ADDRESS';
}

const CONNECT_MS = 5_000;

/**
 * Connects to addresses that were checked, and to those alone: a name is looked up once, refused where any of its addresses may not
 * be reached, and the socket takes what was checked. So a second answer of the name server (rebinding) is never asked for.
 */
export function createGuardedDispatcher(allowed: readonly Network[]): Agent {
  const guardedLookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const refused = addresses.find((entry: LookupAddress) => !mayReach(entry.address, allowed));
      if (refused !== undefined) return callback(new WebhookAddressError('the name leads to a private address'), '', 0);
      const [first] = addresses;
      // Node's net module takes an empty list for a list.
      if (first === undefined) return callback(new Error('the name has no address'), '', 0);
      if (options.all === true) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
  const connect = buildConnector({ allowH2: false, timeout: CONNECT_MS, lookup: guardedLookup });
  return new Agent({
    // A host that is an address needs no look-up, and so would pass by the check.
    connect: (options, callback) => {
      const host = options.hostname.replace(/^\[(.*)\]$/, '$1');
      if (isIP(host) !== 0 && !mayReach(host, allowed)) {
        queueMicrotask(() => callback(new WebhookAddressError('a private address'), null));
        return;
      }
      connect(options, callback);
    },
    // What was checked is not kept: the next attempt looks the name up again.
    pipelining: 0,
    keepAliveTimeout: 1,
    maxHeaderSize: 16_384,
  });
}
