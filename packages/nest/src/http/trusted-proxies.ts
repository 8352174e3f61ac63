import { BlockList, isIP } from 'node:net';
import type { VariableSpec } from '@tollgate/kernel';
import { readNetwork } from '@tollgate/policy';

/** Is a proxy at this address believed in what it says of its callers? Takes addresses as {@link plainAddress} writes them. */
export type ProxyCheck = (address: string) => boolean;

/** Words for networks that many installations mean. RFC 1918 and RFC 4193. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

export const TRUSTED_PROXIES_VARIABLE: VariableSpec<ProxyCheck | null> = {
  name: 'TRUSTED_PROXIES',
  purpose: 'Proxies in front whose X-Forwarded-For and X-Forwarded-Proto count; nobody else`s do.',
  expected: 'addresses or networks such as 10.1.0.0/16 or 2001:db8::/32, loopback or private, with commas between',
  fallback: null,
  parse: readProxies,
};

/** null where the text is no such list. A network of everybody is none: whoever calls could claim any address. */
export function readProxies(text: string): ProxyCheck | null {
  const list = new BlockList();
  for (const entry of text.split(',').map((part) => part.trim())) {
    for (const network of WORDS[entry] ?? [entry]) {
      if (!readNetwork(network).ok) return null;
      const [address = '', prefix] = network.split('/');
      const family = address.includes(':') ? 'ipv6' : 'ipv4';
      if (prefix === undefined) list.addAddress(address, family);
      else if (Number(prefix) === 0) return null;
      else list.addSubnet(address, Number(prefix), family);
    }
  }
  return (address) => {
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
}
