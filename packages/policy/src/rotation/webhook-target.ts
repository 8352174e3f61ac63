import { fail, ok, type Result, type VariableSpec } from '@tollgate/kernel';
import { mayReach, readNetworks } from '../access/may-reach.js';
import { type Network, readAddress } from '../access/networks.js';

export type WebhookTargetProblem = 'no_url' | 'not_https' | 'has_credentials' | 'has_fragment' | 'private_address' | 'too_long';

const URL_LENGTH_MAX = 2_048;

/** `TOLLGATE_WEBHOOK_PRIVATE_NETWORKS`: where webhooks may go although it is not public. */
export const WEBHOOK_NETWORKS_VARIABLE: VariableSpec<readonly Network[]> = {
  name: 'TOLLGATE_WEBHOOK_PRIVATE_NETWORKS',
  purpose:
    'Networks that are not public and that webhooks may reach all the same; with a loopback network in it, also by plain http there.',
  expected: 'CIDR blocks, separated by commas, for instance 10.20.0.0/16,127.0.0.0/8',
  fallback: [],
  parse: readNetworks,
};

/**
 * Reads where a webhook goes. What its name leads to is checked at each connect, see {@link mayReach}; an address in the
 * place of the name is checked here already. The URL parser has turned decimal, octal and short forms into plain ones.
 */
export function readWebhookTarget(text: string, allowed: readonly Network[]): Result<URL, WebhookTargetProblem> {
  if (text.length > URL_LENGTH_MAX) return fail('too_long');
  if (!URL.canParse(text)) return fail('no_url');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return fail('has_credentials');
  if (url.hash !== '') return fail('has_fragment');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isAllowedLoopback(host, allowed))) return fail('not_https');
  if (readAddress(host) !== null && !mayReach(host, allowed)) return fail('private_address');
  return ok(url);
}

/** What never leaves the machine may go without TLS, where that has been allowed at all. */
function isAllowedLoopback(host: string, allowed: readonly Network[]): boolean {
  const address = host === 'localhost' ? '127.0.0.1' : host;
  return (address === '::1' || (readAddress(address)?.family === 4 && address.startsWith('127.'))) && mayReach(address, allowed);
}
