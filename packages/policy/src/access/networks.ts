import ipaddr from 'ipaddr.js';

/** One block of addresses of one family; both ends belong to it. */
export interface Network {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

export type NetworkProblem = 'no_address' | 'wrong_prefix' | 'host_bits' | 'zone';

const BITS = { 4: 32, 6: 128 } as const;
/** ::ffff:0:0/96, where v4 addresses live in v6 (RFC 4291, 2.5.5.2). */
const MAPPED_PREFIX = 96;

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; a v4 block mapped into v6 is the v4 block. */
export function readNetwork(
  text: string,
): { readonly ok: true; readonly network: Network } | { readonly ok: false; readonly problem: NetworkProblem } {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  if (address.includes('%')) return { ok: false, problem: 'zone' };
  const parsed = readAddress(address);
  if (parsed === null) return { ok: false, problem: 'no_address' };
  // Of the text as it is written: a mapped block is counted in v6 there.
  const written = address.includes(':') ? 6 : 4;
  const prefix = slash < 0 ? BITS[written] : readPrefix(text.slice(slash + 1), BITS[written]);
  const shift = written === 6 && parsed.family === 4 ? MAPPED_PREFIX : 0;
  if (prefix === null || prefix < shift) return { ok: false, problem: 'wrong_prefix' };
  const free = BigInt(BITS[written] - prefix);
  const size = 1n << free;
  if (parsed.value % size !== 0n) return { ok: false, problem: 'host_bits' };
  return { ok: true, network: { family: parsed.family, first: parsed.value, last: parsed.value + size - 1n } };
}

const readPrefix = (text: string, max: number): number | null =>
  /^(0|[1-9][0-9]{0,2})$/.test(text) && Number(text) <= max ? Number(text) : null;

/** A single address, v4 where it is one mapped into v6; null where the text is none. A zone (`%eth0`) says nothing here. */
export function readAddress(text: string): { readonly family: 4 | 6; readonly value: bigint } | null {
  const zone = text.indexOf('%');
  const plain = zone < 0 ? text : text.slice(0, zone);
  // Only four decimal parts: 10.1, 0x0a.0.0.1 and 010.0.0.1 mean different addresses to different programs.
  if (ipaddr.IPv4.isValidFourPartDecimal(plain)) return { family: 4, value: whole(ipaddr.IPv4.parse(plain).toByteArray()) };
  if (!plain.includes(':') || !ipaddr.IPv6.isValid(plain)) return null;
  const parsed = ipaddr.IPv6.parse(plain);
  return parsed.isIPv4MappedAddress()
    ? { family: 4, value: whole(parsed.toIPv4Address().toByteArray()) }
    : { family: 6, value: whole(parsed.toByteArray()) };
}

function whole(bytes: readonly number[]): bigint {
  let value = 0n;
  for (const byte of bytes) value = value * 256n + BigInt(byte);
  return value;
}
