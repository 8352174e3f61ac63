import type { VariableSpec } from '@tollgate/kernel';
import { type Network, readAddress, readNetwork } from './networks.js';
import { isIn, isPrivateAddress, networksOf } from './private-address.js';

/**
 * Where the clouds hand out credentials to whoever asks from the machine. Some stand inside private ranges, so that allowing
 * such a range does not mean them: AWS over IPv6 (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html),
 * Alibaba (https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata), Oracle's older one, Google over IPv6
 * (https://cloud.google.com/compute/docs/metadata/querying-metadata), all others.
 */
const METADATA = networksOf([
  '169.254.0.0/16',
  'fd00:ec2::/32',
  '100.100.100.200/32',
  '192.0.0.192/32',
  'fd20:ce::254/128',
  'fe80::/10',
]);

/** A public address, or one that an administrator has allowed. To be asked of the very address that the socket connects to. */
export function mayReach(address: string, allowed: readonly Network[]): boolean {
  if (!isPrivateAddress(address)) return true;
  const read = readAddress(address);
  if (read === null) return false;
  if (!isIn(METADATA, read)) return isIn(allowed, read);
  // Only where it is named as itself: a wide block that holds it was written with something else in mind.
  return allowed.some(({ family, first, last }) => family === read.family && first === last && first === read.value);
}

/** `10.0.0.0/8,::1`; null where one of them is no block of addresses. */
export function readNetworks(text: string): readonly Network[] | null {
  const networks: Network[] = [];
  for (const part of text.split(',')) {
    const read = readNetwork(part.trim());
    if (!read.ok) return null;
    networks.push(read.network);
  }
  return networks;
}

/** What people have at home and in clusters: what a provider with `allow_private_network` may reach where nothing is said. */
const USUAL = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '127.0.0.0/8', '::1/128', 'fc00::/7'];

/** `TOLLGATE_UPSTREAM_PRIVATE_NETWORKS`: the outer bound of `allow_private_network`, kept by whoever runs the adapters. */
export const UPSTREAM_NETWORKS_VARIABLE: VariableSpec<readonly Network[]> = {
  name: 'TOLLGATE_UPSTREAM_PRIVATE_NETWORKS',
  purpose:
    'Networks that are not public and that a provider with allow_private_network may reach; metadata services of clouds only where their address stands here by itself.',
  expected: 'CIDR blocks, separated by commas, for instance 10.20.0.0/16,127.0.0.0/8, or none',
  fallback: networksOf(USUAL),
  parse: (text) => (text === 'none' ? [] : readNetworks(text)),
};
