import type { Vendor } from './vendor.js';

export interface Found {
  readonly vendor: Vendor;
  /** Path and query as the vendor sees them. */
  readonly target: string;
}

/** By the host's name, else by the first segment of the path; null where neither names a provider. */
export function findVendor(vendors: readonly Vendor[], host: string, target: string): Found | null {
  const name = host.replace(/:\d+$/, '');
  const hosted = vendors.find((vendor) =>
    vendor.hosts.some((known) => (/^[.-]/.test(known) ? name.endsWith(known) : name === known)),
  );
  if (hosted !== undefined) return { vendor: hosted, target };
  const [, prefix = '', rest = ''] = /^\/([^/?]*)(.*)$/s.exec(target) ?? [];
  const vendor = vendors.find((candidate) => candidate.name === prefix);
  return vendor === undefined ? null : { vendor, target: rest.startsWith('/') ? rest : `/${rest}` };
}
